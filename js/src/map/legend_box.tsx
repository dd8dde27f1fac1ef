/** Puts the legend into the corner where it hides the fewest points. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { render } from "preact";
import type { Store } from "../store";
import type { Coding } from "./coding";
import { type Corner, emptiestCorner } from "./emptiest";
import { Legend } from "./legend";
import type { ViewState } from "./view_state";

const CORNERS: readonly Corner[] = ["top-right", "top-left", "bottom-right"];

export function legendBox(store: Store, view: ViewState, el: HTMLElement, coding: ReadonlySignal<Coding>): () => void {
  const box = document.createElement("div");
  box.className = "pt-map-legend";
  box.dataset.corner = CORNERS[0];
  el.append(box);
  render(<Legend store={store} coding={coding} />, box);

  /** Only where the picture itself changes: a legend that jumps while one pans is in the way. */
  const stop = effect(() => {
    const layout = store.layout.value;
    const size = view.size.value;
    const camera = view.fitted.value;
    if (layout === null || camera === null || coding.value.title === "") return;
    const covered = { width: box.offsetWidth + 16, height: box.offsetHeight + 16 };
    box.dataset.corner = emptiestCorner(layout.xy, layout.dims, camera, size, covered, CORNERS);
  });
  return () => {
    stop();
    render(null, box);
    box.remove();
  };
}
