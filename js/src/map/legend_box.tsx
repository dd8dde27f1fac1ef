/** Puts the legend into the corner where it hides the fewest points; folded where it would hide many in every corner, or the map is low. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { render } from "preact";
import type { Theme } from "../palette";
import type { Store } from "../store";
import type { Coding } from "./coding";
import { type Corner, emptiestCorner } from "./emptiest";
import { Legend } from "./legend";
import type { ViewState } from "./view_state";

const CORNERS: readonly Corner[] = ["top-right", "top-left", "bottom-right"];
/** A legend that covers more of the points than this is in the way: it is shorter, and its list scrolls, or it is folded. */
const FULL = 0.02;
const SHORT_PX = 140;
const EDGE_PX = 8;
/** A map lower than this has no room for more of the legend than its title. */
const LOW_PX = 180;

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
  const open = signal(true);
  /** Folded or unfolded by hand: left so from then on. */
  let byHand = false;
  const fold = () => {
    byHand = true;
  };
  render(<Legend store={store} coding={coding} theme={theme} open={open} onFold={fold} />, box);

  /** The legend as it was last laid out: it is rendered later than its colours change. */
  const laidOut = signal("");
  /** Of the column on show: its size when it is whole. */
  let whole = { title: "", width: 0, height: 0 };
  let frame = 0;
  const isInUse = () => box.matches(":hover, :focus-within");

  function measure(): void {
    if (isInUse()) return;
    const { title } = coding.peek();
    if (open.peek() && box.dataset.room !== "short") {
      whole = { title, width: box.offsetWidth, height: box.offsetHeight };
    }
    laidOut.value = `${box.offsetHeight} ${title} ${whole.width} ${whole.height}`;
  }
  const sized = new ResizeObserver(measure);
  sized.observe(box);
  const ends = new AbortController();
  box.addEventListener("pointerleave", measure, { signal: ends.signal });

  /** Only where the picture or the legend itself changes: one that jumps while one pans or searches is in the way. */
  const stop = effect(() => {
    const layout = store.layout.value;
    const size = view.size.value;
    const camera = view.fitted.value;
    const { title } = coding.value;
    laidOut.value;
    if (layout === null || camera === null || title === "" || isInUse()) return;
    if (whole.title !== title) {
      // Another column: seen whole first, to know its size.
      delete box.dataset.room;
      if (!byHand) open.value = true;
      frame = requestAnimationFrame(measure);
      return;
    }
    const now = box.dataset.corner as Corner;
    const corners = [now, ...CORNERS.filter((corner) => corner !== now)];
    const at = (height: number) => {
      const covered = { width: Math.max(whole.width, box.offsetWidth) + 2 * EDGE_PX, height: height + 2 * EDGE_PX };
      return emptiestCorner(layout.xy, layout.dims, camera, size, covered, corners, FULL);
    };
    const tall = at(open.peek() || !byHand ? whole.height : box.offsetHeight);
    const isLong = whole.height > SHORT_PX;
    const short = tall.covers > FULL && isLong && (!byHand || open.peek()) ? at(SHORT_PX) : null;
    box.dataset.corner = (short ?? tall).corner;
    if (short === null) delete box.dataset.room;
    else box.dataset.room = "short";
    const isLow = size.height > 0 && size.height < LOW_PX;
    if (!byHand) open.value = (short ?? tall).covers <= FULL && !isLow;
  });
  return () => {
    stop();
    sized.disconnect();
    ends.abort();
    cancelAnimationFrame(frame);
    render(null, box);
    box.remove();
  };
}
