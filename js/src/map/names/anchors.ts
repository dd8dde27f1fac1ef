/** Where on the screen a category's name stands: where most of its points in view are. */

import { type Lens, type Size, seenThrough } from "../../scatter/camera";
import { project } from "../../scatter/project";
import type { RowMask } from "../../store";

/** A place in data space for the name of the entry with this code, and how many of its points are in view. */
export interface Anchor {
  readonly code: number;
  readonly at: readonly [number, number, number];
  readonly count: number;
}

export interface Points {
  readonly xy: Float32Array;
  readonly dims: number;
  /** A code per row, 0 = none. */
  readonly codes: ArrayLike<number>;
  readonly hidden: RowMask | null;
}

interface Best {
  readonly square: number;
  readonly count: number;
  readonly kept: Anchor | null;
  /** Of the positions around the square, and how many they are. */
  readonly sum: [number, number, number, number];
}

/** Side of the squares points are counted in, CSS pixels. */
const SQUARE_PX = 28;
/** Of more rows than this an even sample is counted. */
const SAMPLE = 200_000;
/** Of more codes in view than this those with the most points are looked at: each takes a count of every square. */
const MOST_CODES = 1000;
/** A name stays where it was while that place has this share of what the best one has. */
const STAYS = 0.6;

/**
 * An anchor for each code that has points in view, of at most MOST_CODES, in no order.
 *
 * The place is the middle of the points in the 3 × 3 squares with the most of them: the mode, not the mean, which for two
 * clumps would lie between them.
 *
 * @param highest the highest code there is
 * @param before anchors shown now, kept where they still do
 */
export function anchorsOf(
  points: Points,
  through: Lens,
  size: Size,
  highest: number,
  before: ReadonlyMap<number, Anchor>,
): Map<number, Anchor> {
  const { xy, dims, codes, hidden } = points;
  const columns = Math.max(1, Math.ceil(size.width / SQUARE_PX));
  const lines = Math.max(1, Math.ceil(size.height / SQUARE_PX));
  const squares = columns * lines;
  const n = Math.floor(xy.length / dims);
  const step = Math.max(1, Math.ceil(n / SAMPLE));
  const totals = new Uint32Array(highest + 1);
  const counts: (Uint32Array | undefined)[] = [];
  const sample = step === 1 ? xy : sampled(xy, dims, step);
  const { places } = project(sample, dims, through);
  /** By place in the sample; -1 where there is nothing to count. */
  const squareBy = new Int32Array(places.length / 2).fill(-1);

  const squareAt = (sx: number, sy: number) =>
    sx >= 0 && sx < size.width && sy >= 0 && sy < size.height
      ? Math.floor(sy / SQUARE_PX) * columns + Math.floor(sx / SQUARE_PX)
      : -1;

  for (let i = 0, row = 0; i < squareBy.length; i++, row += step) {
    const code = codes[row] as number;
    if (code === 0 || code > highest) continue;
    if (hidden !== null && ((hidden.bits[row >> 3] as number) >> (row & 7)) & 1) continue;
    const square = squareAt(places[2 * i] as number, places[2 * i + 1] as number);
    if (square < 0) continue;
    totals[code] = (totals[code] as number) + 1;
    squareBy[i] = square;
  }
  const looked = largest(totals);
  for (let i = 0; i < squareBy.length; i++) {
    const square = squareBy[i] as number;
    if (square < 0) continue;
    const code = codes[i * step] as number;
    if (looked[code] === 0) {
      squareBy[i] = -1;
      continue;
    }
    counts[code] ??= new Uint32Array(squares);
    const own = counts[code];
    own[square] = (own[square] as number) + 1;
  }

  /** How many points of a code are in the 3 × 3 squares around one. */
  function around(own: Uint32Array, square: number): number {
    const column = square % columns;
    const line = (square - column) / columns;
    let sum = 0;
    for (let l = Math.max(0, line - 1); l <= Math.min(lines - 1, line + 1); l++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
        sum += own[l * columns + c] as number;
      }
    }
    return sum;
  }

  const best: Best[] = [];
  counts.forEach((own, code) => {
    if (own === undefined) return;
    let square = 0;
    let most = 0;
    let count = 0;
    for (let s = 0; s < squares; s++) {
      if (own[s] === 0) continue;
      count += own[s] as number;
      const here = around(own, s);
      if (here > most) {
        most = here;
        square = s;
      }
    }
    const old = before.get(code);
    const [ox, oy] = old === undefined ? [-1, -1] : seenThrough(through, ...old.at);
    const oldSquare = squareAt(ox, oy);
    const stays = oldSquare >= 0 && around(own, oldSquare) >= STAYS * most;
    best[code] = { square, count: count * step, kept: stays ? (old ?? null) : null, sum: [0, 0, 0, 0] };
  });
  for (let i = 0; i < squareBy.length; i++) {
    const square = squareBy[i] as number;
    if (square < 0) continue;
    const own = best[codes[i * step] as number] as Best;
    const acrossBy = Math.abs((square % columns) - (own.square % columns));
    const downBy = Math.abs(Math.floor(square / columns) - Math.floor(own.square / columns));
    if (acrossBy > 1 || downBy > 1) continue;
    own.sum[0] += sample[i * dims] as number;
    own.sum[1] += sample[i * dims + 1] as number;
    own.sum[2] += dims === 3 ? (sample[i * dims + 2] as number) : 0;
    own.sum[3]++;
  }
  const anchors = new Map<number, Anchor>();
  best.forEach(({ count, kept, sum }, code) => {
    const [x, y, z, many] = sum;
    anchors.set(code, { code, count, at: kept === null ? [x / many, y / many, z / many] : kept.at });
  });
  return anchors;
}

/** 1 for the codes with the most points, at equal numbers the lower ones. */
function largest(totals: Uint32Array): Uint8Array {
  const seen = Array.from(totals.keys()).filter((code) => totals[code] !== 0);
  if (seen.length > MOST_CODES) seen.sort((a, b) => (totals[b] as number) - (totals[a] as number) || a - b);
  const flags = new Uint8Array(totals.length);
  for (const code of seen.slice(0, MOST_CODES)) flags[code] = 1;
  return flags;
}

/** Every step-th row's position. */
function sampled(xy: Float32Array, dims: number, step: number): Float32Array {
  const n = Math.floor(xy.length / dims);
  const sample = new Float32Array(dims * Math.ceil(n / step));
  for (let row = 0, at = 0; row < n; row += step)
    for (let d = 0; d < dims; d++) sample[at++] = xy[row * dims + d] as number;
  return sample;
}
