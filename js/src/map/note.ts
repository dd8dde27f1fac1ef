/** What the map says in words: nothing here yet, or how many images have no position. */

import { effect } from "@preact/signals";
import type { Store } from "../store";
import { ANEW_HINT, addedWords } from "../ui/layout_menu";
import { count } from "../ui/words";

function unplaced(xy: Float32Array, dims: number): number {
  let missing = 0;
  for (let i = 0; i < xy.length; i += dims) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    const z = dims > 2 ? (xy[i + 2] as number) : 0;
    if (x - x !== 0 || y - y !== 0 || z - z !== 0) missing++;
  }
  return missing;
}

/** The sentence to show over the points, and whether there are any to show it over. */
export function noteOf(
  layout: { xy: Float32Array; dims: number } | null,
  growing: boolean,
  running: boolean,
  n: number,
  partial = false,
  unread = 0,
): { text: string; empty: boolean } {
  if (n === 0) return { text: "", empty: true };
  const rows = layout === null ? n : layout.xy.length / layout.dims;
  const without = layout === null ? n : unplaced(layout.xy, layout.dims);
  if (without === rows) {
    if (unread === n) {
      return { text: `None of the images could be read; “${count(n)} failed” below lists why.`, empty: true };
    }
    return { text: running ? "The map appears as embeddings arrive." : "No image has a position yet.", empty: true };
  }
  if (without === 0) return { text: "", empty: false };
  if (partial) return { text: `map of ${count(rows - without)} images only`, empty: false };
  if (growing) return { text: `${count(rows - without)} of ${count(rows)} on the map`, empty: false };
  // As many as failed: the line below says so already, and why.
  if (without === unread) return { text: "", empty: false };
  return {
    text: `${count(without)} ${without === 1 ? "image has" : "images have"} no position`,
    empty: false,
  };
}

/** From this share of later images on a map says so: what is new about them does not show in it. */
const MANY_NEW = 0.2;

export function mapNote(store: Store, el: HTMLElement): () => void {
  const note = document.createElement("div");
  note.className = "pt-map-note";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  const anew = document.createElement("button");
  anew.type = "button";
  anew.className = "pt-link";
  anew.textContent = "lay out anew";
  anew.title = ANEW_HINT;
  anew.addEventListener("click", () => {
    const info = store.traits.layouts.peek().find(({ name }) => name === store.layout.peek()?.name);
    if (info !== undefined) store.layAnew(info);
  });
  note.append(words, anew);
  el.append(note);
  const stop = effect(() => {
    const layout = store.layout.value;
    const info = store.traits.layouts.value.find((one) => one.name === layout?.name);
    const running = store.traits.runs.value.some((run) => run.state === "running");
    const { text: usual, empty } = noteOf(
      layout,
      info?.status === "growing",
      running,
      store.traits.n.value,
      info?.method.includes(" within="),
      store.traits.failures.value,
    );
    const manyNew = info?.status === "ready" && info.added > MANY_NEW * info.placed;
    const text = manyNew ? addedWords(info) : usual;
    anew.hidden = !manyNew;
    note.hidden = text === "";
    note.classList.toggle("pt-map-empty", empty);
    if (words.textContent !== text) words.textContent = text;
  });
  return () => {
    stop();
    note.remove();
  };
}
