/** Colours of numbers: a bar from low to high, whose brush shows only a range of them. */

import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useMemo } from "preact/hooks";
import { css } from "../palette";
import type { Store } from "../store";
import { filterOf, ranged, unfiltered } from "../store/filters";
import type { Range } from "./coding";
import { numberWords, ticksOf } from "./scale";

const STOPS = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1];
/** Nearer than this to an end of the range, in CSS pixels, that end is moved. */
const EDGE_PX = 7;
const STEP = 0.02;
const MOST_TICKS = 6;
const BINS = 38;
/** A letter is about this wide, and labels are kept this far apart, as shares of the bar. */
const LETTER = 0.042;
const GAP = 0.06;
const STEPS: Record<string, number> = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP };

interface BarProps {
  store: Store;
  title: string;
  range: Range;
  /** Colour codes of all rows. */
  codes: ArrayLike<number>;
}

/** How many rows each stretch of the bar has, as heights of 0 to 1; roots, so that few are seen beside many. */
export function heightsOf(codes: ArrayLike<number>, steps: number): number[] {
  const counts = new Float64Array(BINS);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    const bin = Math.min(BINS - 1, Math.floor(((code - 1) * BINS) / steps));
    if (code > 0) counts[bin] = (counts[bin] as number) + 1;
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  return Array.from(counts, (count) => Math.sqrt(count / most));
}

export function LegendBar({ store, title, range, codes }: BarProps) {
  const heights = useMemo(() => heightsOf(codes, range.colors.length), [codes, range.colors.length]);
  const filter = filterOf(store.filters.value, title);
  const words = (value: number) => numberWords(value, range.form, range.high - range.low);
  const brushed = filter !== null && (filter.low != null || filter.high != null);
  const from = filter?.low == null ? 0 : range.shareOf(filter.low);
  const to = filter?.high == null ? 1 : range.shareOf(filter.high);
  const stops = STOPS.map((share) => {
    const color = range.colors[Math.round(share * (range.colors.length - 1))];
    return color === undefined ? "" : css(color);
  });

  /** A bound at the end of the values, where equal ones may take up much of the bar, is none. */
  function put(a: number, b: number, done: boolean): void {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const [least, most] = [range.valueAt(low), range.valueAt(high)];
    const filters = ranged(
      store.traits.filters.peek(),
      title,
      low > 0 && least > range.low ? least : null,
      high < 1 && most < range.high ? most : null,
    );
    store.setFilters(filters, done);
  }

  /** Drag an end, the range itself, or a new one; a mere click shows all again. */
  function onPointerDown(event: TargetedPointerEvent<HTMLElement>): void {
    if (event.button !== 0) return;
    const bar = event.currentTarget;
    const box = bar.getBoundingClientRect();
    const shareAt = (clientX: number) => (clientX - box.left) / Math.max(1, box.width);
    const start = shareAt(event.clientX);
    const near = EDGE_PX / Math.max(1, box.width);
    const grip =
      brushed && Math.abs(start - from) <= near
        ? "from"
        : brushed && Math.abs(start - to) <= near
          ? "to"
          : brushed && start > from && start < to
            ? "all"
            : "new";
    let moved = false;
    let ends: [number, number] = [from, to];
    const onMove = (move: PointerEvent) => {
      const now = Math.min(1, Math.max(0, shareAt(move.clientX)));
      moved = moved || Math.abs(now - start) * box.width > 2;
      if (!moved) return;
      if (grip === "new") ends = [start, now];
      else if (grip === "from") ends = [now, to];
      else if (grip === "to") ends = [from, now];
      else {
        const by = Math.min(1 - to, Math.max(-from, now - start));
        ends = [from + by, to + by];
      }
      put(...ends, false);
    };
    const onEnd = (end: PointerEvent) => {
      stop.abort();
      if (end.type === "pointercancel") store.setFilters(store.traits.filters.peek());
      else if (moved) put(...ends, true);
      else if (grip === "new") store.setFilters(unfiltered(store.traits.filters.peek(), title));
    };
    const stop = new AbortController();
    bar.setPointerCapture(event.pointerId);
    bar.addEventListener("pointermove", onMove, { signal: stop.signal });
    bar.addEventListener("pointerup", onEnd, { signal: stop.signal });
    bar.addEventListener("pointercancel", onEnd, { signal: stop.signal });
    event.preventDefault();
    event.stopPropagation();
  }

  function onKey(event: TargetedKeyboardEvent<HTMLElement>, end: "from" | "to"): void {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (end === "from") put(Math.min(to, from + by), to, true);
    else put(from, Math.max(from, to + by), true);
  }

  const handle = (end: "from" | "to", share: number) => (
    <span
      class="pt-legend-handle"
      role="slider"
      tabIndex={0}
      aria-label={`${end === "from" ? "Least" : "Most"} ${title} shown`}
      aria-valuemin={range.low}
      aria-valuemax={range.high}
      aria-valuenow={range.valueAt(share)}
      aria-valuetext={words(range.valueAt(share))}
      style={{ left: `${100 * share}%` }}
      onKeyDown={(event) => onKey(event, end)}
    />
  );
  return (
    <div class="pt-legend-range">
      <svg class="pt-legend-heights" viewBox={`0 0 ${BINS} 1`} preserveAspectRatio="none" aria-hidden="true">
        <path d={`M0 1${heights.map((height, i) => `V${1 - height}H${i + 1}`).join("")}V1Z`} />
      </svg>
      <fieldset
        class={`pt-legend-bar${brushed ? " pt-legend-brushed" : ""}`}
        aria-label={`Range of ${title} shown`}
        title="Drag to show only a part; click beside it to show all"
        style={{ background: `linear-gradient(to right, ${stops.join(", ")})`, "--pt-from": from, "--pt-to": to }}
        onPointerDown={onPointerDown}
        onDblClick={() => store.setFilters(unfiltered(store.traits.filters.peek(), title))}
      >
        {handle("from", from)}
        {handle("to", to)}
      </fieldset>
      <div class="pt-legend-ticks" aria-hidden="true">
        {ticksOf(range, MOST_TICKS).map((tick) => (
          <i key={tick} style={{ left: `${100 * range.shareOf(tick)}%` }} title={words(tick)} />
        ))}
      </div>
      <div class="pt-legend-ends">
        <span class={brushed && from > 0 ? "pt-legend-bound" : ""}>{words(filter?.low ?? range.low)}</span>
        {!brushed && <Middle range={range} words={words} />}
        <span class={brushed && to < 1 ? "pt-legend-bound" : ""}>{words(filter?.high ?? range.high)}</span>
      </div>
    </div>
  );
}

/** The round value nearest to the middle, if its label has room between those of the ends. */
function Middle({ range, words }: { range: Range; words: (value: number) => string }) {
  const room = (value: number) => LETTER * words(value).length;
  const fits = ticksOf(range, MOST_TICKS).filter((tick) => {
    const [at, half] = [range.shareOf(tick), room(tick) / 2];
    return at - half > room(range.low) + GAP && at + half < 1 - room(range.high) - GAP;
  });
  const off = (tick: number) => Math.abs(range.shareOf(tick) - 0.5);
  const tick = fits.sort((a, b) => off(a) - off(b))[0];
  if (tick === undefined) return null;
  return (
    <span class="pt-legend-middle" style={{ left: `${100 * range.shareOf(tick)}%` }}>
      {words(tick)}
    </span>
  );
}
