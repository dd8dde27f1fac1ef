/** Puts the legend into the corner where it hides the fewest points. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { render } from "preact";
import type { Theme } from "../palette";
import type { Store } from "../store";
import type { Coding } from "./coding";
import { type Corner, emptiestCorner } from "./emptiest";
import { Legend } from "./legend";
import type { ViewState } from "./view_state";

const CORNERS: readonly Corner[] = ["top-right", "top-left", "bottom-right"];

export function legendBox(
  store: Store,
  view: ViewState,
  el: HTMLElement,
  coding: ReadonlySignal<Coding>,
  theme: ReadonlySignal<Theme>,
): () => void {
  const box = document.createElement("div");
  box.className = "pt-map-legend";
  box.dataset.corner = CORNERS[0];
  el.append(box);
  render(<Legend store={store} coding={coding} theme={theme} />, box);

  /** The legend as it was last laid out: it is rendered later than its colours change, and it can be folded. */
  const laidOut = signal("");
  const sized = new ResizeObserver(() => {
    if (box.matches(":hover, :focus-within")) return;
    laidOut.value = `${box.offsetHeight} ${coding.peek().title}`;
  });
  sized.observe(box);

  /** Only where the picture or the legend itself changes: one that jumps while one pans or searches is in the way. */
  const stop = effect(() => {
    const layout = store.layout.value;
    const size = view.size.value;
    const camera = view.fitted.value;
    laidOut.value;
    if (layout === null || camera === null || coding.value.title === "") return;
    const covered = { width: box.offsetWidth + 16, height: box.offsetHeight + 16 };
    const now = box.dataset.corner as Corner;
    const corners = [now, ...CORNERS.filter((corner) => corner !== now)];
    box.dataset.corner = emptiestCorner(layout.xy, layout.dims, camera, size, covered, corners);
  });
  return () => {
    stop();
    sized.disconnect();
    render(null, box);
    box.remove();
  };
}
