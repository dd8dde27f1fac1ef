/** While there is a search: two buttons on the image under the pointer, more and less like this one. */

import { computed, effect, type ReadonlySignal } from "@preact/signals";
import down from "lucide-static/icons/thumbs-down.svg";
import up from "lucide-static/icons/thumbs-up.svg";
import type { Store } from "../store";
import { type Geometry, tileAt } from "./geometry";

/** On smaller images the buttons would hide the picture; the keys and the menu do the same. */
const TILE_FROM_PX = 56;
const ROOM_PX = 4;

export interface Judge {
  readonly el: HTMLElement;
  dispose(): void;
}

/** Row -> whether it is liked: the examples of the search that are images of their own. */
export function judgedRows(store: Store): ReadonlySignal<ReadonlyMap<number, boolean>> {
  return computed(
    () =>
      new Map(store.traits.query.value.parts.flatMap(({ kind, row, like }) => (kind === "row" ? [[row, like]] : []))),
  );
}

export function judge(
  store: Store,
  g: ReadonlySignal<Geometry>,
  offset_px: ReadonlySignal<number>,
  placeOf: (row: number) => number,
  judged: ReadonlySignal<ReadonlyMap<number, boolean>>,
  inside: () => boolean,
): Judge {
  const el = document.createElement("div");
  el.className = "pt-judge";
  // A grid has rows only; the keys U and D and the menu of an image do the same.
  el.setAttribute("aria-hidden", "true");
  const button = (like: boolean, svg: string, name: string, key: string) => {
    const made = document.createElement("button");
    made.type = "button";
    made.tabIndex = -1;
    made.title = `${name} (${key})`;
    made.setAttribute("aria-label", name);
    made.innerHTML = svg;
    made.addEventListener("click", () => {
      const row = store.hovered.peek();
      if (row >= 0) store.search.judge(row, like);
    });
    el.append(made);
    return made;
  };
  const [more, less] = [button(true, up, "More like this", "U"), button(false, down, "Less like this", "D")];
  const leave = (event: PointerEvent) => {
    if (!(event.relatedTarget instanceof HTMLCanvasElement)) store.hover(-1);
  };
  el.addEventListener("pointerleave", leave);

  const close = effect(() => {
    const row = store.hovered.value;
    const geometry = g.value;
    const offset = offset_px.value;
    const searching = store.traits.query.value.id !== 0;
    const liked = judged.value.get(row);
    store.order.value;
    const place = searching && geometry.tile_px >= TILE_FROM_PX ? placeOf(row) : -1;
    el.hidden = place < 0 || !inside();
    if (el.hidden) return;
    const { x, y, height } = tileAt(geometry, place);
    el.style.transform = `translate(${x + ROOM_PX}px, ${Math.round(y - offset + height - ROOM_PX)}px) translateY(-100%)`;
    more.setAttribute("aria-pressed", String(liked === true));
    less.setAttribute("aria-pressed", String(liked === false));
  });
  return {
    el,
    dispose() {
      close();
      el.remove();
    },
  };
}
