/** The outline of the last lasso or box: it stays, moves with the camera, can be dragged and taken away. */

import { effect, type ReadonlySignal } from "@preact/signals";
import closeIcon from "lucide-static/icons/x.svg";
import { type Camera, type Size, toScreen } from "../scatter/camera";
import type { Outline, Store } from "../store";
import type { ViewState } from "./view_state";

const SVG = "http://www.w3.org/2000/svg";

/** Its corners in CSS pixels of the pane, x0, y0, x1, y1, … */
export function outlineOnPane({ corners }: Outline, camera: Camera, size: Size): number[] {
  const places: number[] = [];
  for (let c = 0; c + 2 < corners.length; c += 3) {
    places.push(...toScreen(camera, size, corners[c] as number, corners[c + 1] as number, corners[c + 2] as number));
  }
  return places;
}

export function pathOf(places: readonly number[]): string {
  let d = "";
  for (let c = 0; c + 1 < places.length; c += 2) d += `${c === 0 ? "M" : "L"}${places[c]} ${places[c + 1]}`;
  return d === "" ? "" : `${d}Z`;
}

/**
 * @param svg lies over the points
 * @param drawing true while another outline is drawn, or this one is moved
 * @param onGrab the line was pressed
 */
export function outlineView(
  store: Store,
  view: ViewState,
  svg: SVGSVGElement,
  el: HTMLElement,
  drawing: ReadonlySignal<boolean>,
  onGrab: (event: PointerEvent, outline: Outline) => void,
): () => void {
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("class", "pt-map-kept");
  const grip = document.createElementNS(SVG, "path");
  grip.setAttribute("class", "pt-map-kept-grip");
  const title = document.createElementNS(SVG, "title");
  title.textContent = "Drag to move; what it selects moves along. Delete takes it away";
  grip.append(title);
  svg.prepend(line, grip);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "pt-map-kept-close";
  close.title = "Take the outline away (Delete)";
  close.setAttribute("aria-label", "Take the outline away");
  close.innerHTML = closeIcon;
  el.append(close);

  const ends = new AbortController();
  grip.addEventListener(
    "pointerdown",
    (event) => {
      const outline = store.outline.peek();
      if (outline !== null && event.button === 0) onGrab(event, outline);
    },
    { signal: ends.signal },
  );
  close.addEventListener("click", () => store.dropOutline(), { signal: ends.signal });

  const stop = effect(() => {
    const outline = store.outline.value;
    const shown = outline !== null && outline.layout === store.layout.value?.name && !drawing.value;
    const places = shown ? outlineOnPane(outline, view.camera.value, view.size.value) : [];
    const seen = places.length > 0 && places.every(Number.isFinite);
    const d = seen ? pathOf(places) : "";
    line.setAttribute("d", d);
    grip.setAttribute("d", d);
    close.hidden = !seen;
    if (!seen) return;
    let right = 0;
    for (let c = 0; c < places.length; c += 2) if ((places[c] as number) > (places[right] as number)) right = c;
    close.style.transform = `translate(${places[right]}px, ${places[right + 1]}px)`;
  });
  return () => {
    stop();
    ends.abort();
    line.remove();
    grip.remove();
    close.remove();
  };
}
