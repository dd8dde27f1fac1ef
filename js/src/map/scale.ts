/** Numbers as shares of the colour bar, 0 its left end and 1 its right: evenly, by logarithm, or by rank. */

import type { ColorScale } from "../protocol.gen";

export type ScaleKind = ColorScale["kind"];
export type Form = "date" | "duration" | null;

export interface Scale {
  readonly kind: ScaleKind;
  readonly low: number;
  readonly high: number;
  valueAt(share: number): number;
  shareOf(value: number): number;
}

const RANKS = 256;
const SAMPLE = 1 << 16;
const DAY_MS = 86_400_000;

/** @param values of which a logarithm leaves out what is not positive, and ranks are taken of an even sample */
export function scaleOf(kind: ScaleKind, values: Float32Array, low: number, high: number): Scale {
  if (kind === "log") {
    const least = low > 0 ? low : leastPositive(values);
    if (least < high) return logarithmic(least, high);
  }
  if (kind === "quantile" && low < high) return ranked(quantiles(values));
  const span = high - low || 1;
  return {
    kind: "linear",
    low,
    high,
    valueAt: (share) => low + share * (high - low),
    shareOf: (value) => Math.min(1, Math.max(0, (value - low) / span)),
  };
}

function logarithmic(low: number, high: number): Scale {
  const from = Math.log(low);
  const span = Math.log(high) - from;
  return {
    kind: "log",
    low,
    high,
    valueAt: (share) => Math.exp(from + share * span),
    shareOf: (value) => (value > low ? Math.min(1, (Math.log(value) - from) / span) : 0),
  };
}

/** A value that many rows share stands for all its ranks; it is put at the first of them. */
function ranked(at: Float64Array): Scale {
  const last = at.length - 1;
  return {
    kind: "quantile",
    low: at[0] as number,
    high: at[last] as number,
    valueAt(share) {
      const place = share * last;
      const before = Math.min(last - 1, Math.floor(place));
      const [a, b] = [at[before] as number, at[before + 1] as number];
      return a + (b - a) * (place - before);
    },
    shareOf(value) {
      let [from, to] = [0, last];
      if (!(value > (at[0] as number))) return 0;
      if (value >= (at[last] as number)) return 1;
      while (to - from > 1) {
        const middle = (from + to) >> 1;
        if ((at[middle] as number) < value) from = middle;
        else to = middle;
      }
      const [a, b] = [at[from] as number, at[to] as number];
      return (from + (value - a) / (b - a)) / last;
    },
  };
}

function leastPositive(values: Float32Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value > 0 && value < least) least = value;
  }
  return least;
}

function quantiles(values: Float32Array): Float64Array {
  const step = Math.max(1, Math.floor(values.length / SAMPLE));
  const sample: number[] = [];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
    if (row % step === 0) sample.push(value);
  }
  const sorted = Float64Array.from([least, ...sample, most]).sort();
  return Float64Array.from(
    { length: RANKS },
    (_, i) => sorted[Math.round((i / (RANKS - 1)) * (sorted.length - 1))] as number,
  );
}

const plain = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });
const large = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 });

/** A number of a column in words. @param span how far the numbers beside it reach: a day's moments need their time */
export function numberWords(value: number, form: Form, span = Number.POSITIVE_INFINITY): string {
  if (form === "date") {
    const when = new Date(value * DAY_MS);
    if (Number.isNaN(when.getTime())) return "";
    const text = when.toISOString();
    return span < 3 ? `${text.slice(5, 10)} ${text.slice(11, 16)}` : text.slice(0, 10);
  }
  if (form === "duration") {
    const size = Math.abs(value);
    if (size >= 1) return `${plain.format(value)} d`;
    if (size >= 1 / 24) return `${plain.format(value * 24)} h`;
    return size >= 1 / 1440 ? `${plain.format(value * 1440)} min` : `${plain.format(value * 86_400)} s`;
  }
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  return size >= 1e6 ? large.format(value) : plain.format(value);
}

/**
 * Round values between the ends of a scale, at most `most` of them: 1, 2 or 5 times a power of ten. By rank, where those
 * may all be at one end, the quartiles.
 */
export function ticksOf({ kind, low, high, valueAt }: Scale, most: number): number[] {
  if (!(high > low)) return [];
  if (kind === "quantile") return [...new Set([0.25, 0.5, 0.75].map(valueAt))].filter((at) => at > low && at < high);
  if (kind === "log" && high / low >= 100) {
    const first = Math.ceil(Math.log10(low) + 1e-9);
    const last = Math.floor(Math.log10(high) - 1e-9);
    const every = Math.max(1, Math.ceil((last - first + 1) / most));
    return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => 10 ** (first + i * every));
  }
  const rough = (high - low) / (most + 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step + 1e-9); at * step < high - step * 1e-9 && ticks.length < most; at++)
    ticks.push(at * step);
  return ticks;
}
