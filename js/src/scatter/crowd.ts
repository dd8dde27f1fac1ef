/** How crowded points are, and how a crowd is shown: many points on a pixel are darker than few, never a flat blob. */

import { NOWHERE } from "./permutation";

const SAMPLE = 200_000;
const MOST_CELLS = 256;
/** A cell holds about this many points: with one in each, every lone point would count as a crowd. */
const POINTS_PER_CELL = 8;
/** The crowd that nine of ten points are in or in a thinner one. */
const QUANTILE = 0.9;

/**
 * Points per square unit where they are crowded; infinite when all are in one place. `placed` holds `dims` numbers per slot.
 *
 * In space it is the mean of the three sides that are not edge-on, so that turning changes nothing.
 */
export function crowdOf(placed: Float32Array, dims = 2): number {
  if (dims === 2) return crowdFrom(placed, 2, 0, 1);
  const sides = [crowdFrom(placed, 3, 0, 1), crowdFrom(placed, 3, 1, 2), crowdFrom(placed, 3, 0, 2)];
  const seen = sides.filter(Number.isFinite);
  return seen.length === 0
    ? Number.POSITIVE_INFINITY
    : seen.reduce((product, crowd) => product * crowd ** (1 / seen.length), 1);
}

/** The crowd of the positions as numbers `a` and `b` of each slot place them. */
function crowdFrom(placed: Float32Array, dims: number, a: number, b: number): number {
  const n = placed.length / dims;
  const sample = Math.min(n, SAMPLE);
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < dims * sample; i += dims) {
    const x = placed[i + a] as number;
    const y = placed[i + b] as number;
    if (x === NOWHERE) continue;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  if (!(x1 >= x0)) return 0;
  const side = Math.max(2, Math.min(MOST_CELLS, Math.round(Math.sqrt(sample / POINTS_PER_CELL))));
  const across = (side - 1) / (x1 - x0 || 1);
  const along = (side - 1) / (y1 - y0 || 1);
  const counts = new Uint32Array(side * side);
  let placedCount = 0;
  for (let i = 0; i < dims * sample; i += dims) {
    const x = placed[i + a] as number;
    if (x === NOWHERE) continue;
    const cell = Math.round(((placed[i + b] as number) - y0) * along) * side + Math.round((x - x0) * across);
    counts[cell] = (counts[cell] as number) + 1;
    placedCount++;
  }
  counts.sort();
  let seen = 0;
  let at = 0;
  while (at < counts.length - 1 && seen + (counts[at] as number) < QUANTILE * placedCount)
    seen += counts[at++] as number;
  const area = ((x1 - x0) * (y1 - y0)) / (side - 1) ** 2;
  return ((counts[at] as number) * (n / sample)) / area;
}

/**
 * The opacity of a pixel that points cover `w` times: level · w up to 1, level · w^power from there.
 *
 * `gain` is how many points each drawn one stands for, and goes into w.
 */
export interface Tone {
  readonly gain: number;
  readonly level: number;
  readonly power: number;
}

export function toneOpacity({ gain, level, power }: Tone, covered: number): number {
  const w = covered * gain;
  return Math.min(1, level * (w < 1 ? w : w ** power));
}

/** Fewer layers than this need no density when nobody asked for it; in depth points hide each other, which shows their shape. */
const FEW = { flat: 4, deep: 16 };
/** Density grows to its usual strength over so many times more layers. */
const GROWS = 8;
const USUAL = 0.85;

/**
 * The tone for crowds of `layers` points on each other, so that they come out opaque; null draws points as they are.
 *
 * @param depth 0 for points drawn flat, 1 in depth, between them on the way from one to the other
 * @param density 0 = none, 1 = most: a point that is alone is fainter the more of it; null = by the layers
 */
export function toneFor(layers: number, density: number | null, gain: number, depth = 0): Tone | null {
  const few = FEW.flat * (FEW.deep / FEW.flat) ** depth;
  if (density === 0 || (density === null && !(layers >= few))) return null;
  const grown = Math.min(1, Math.log(layers / few) / Math.log(GROWS));
  const strength = density ?? USUAL * grown;
  const alone = 0.9 - 0.75 * strength;
  const most = Math.max(1, layers);
  const power = most > 1 ? Math.min(1, Math.log(1 / alone) / Math.log(most)) : 1;
  return { gain, level: Math.max(alone, most ** -power), power };
}

/** A point smaller than this is a square of whole pixels where density is drawn. */
export const MOST_SIDE = 3;

/** The side of that square, and the weight that makes it cover as much as the disc; null for a larger one, which is a disc. */
export function squareOf(radius: number): { readonly side: number; readonly weight: number } | null {
  const side = Math.max(1, Math.round(radius * Math.sqrt(Math.PI)));
  return side > MOST_SIDE ? null : { side, weight: (Math.PI * radius ** 2) / side ** 2 };
}

/** A disc covers a pixel in so many steps, and in depth a square does too. */
export const STEPS = 16;

/** No point covers a pixel more often, in STEPS: a square of one pixel stands for a disc of up to 1.5² of its area. */
export const MOST_SHARE = 2.25 * STEPS;

const NO_SQUARE = { side: 0, share: 0 };
const byRadius: { readonly side: number; readonly share: number }[] = [];

/** In depth: the side of a point's square, 0 for a disc, and how much of each of its pixels it covers, in STEPS. Radii are whole eighths. */
export function shareOf(radius: number): { readonly side: number; readonly share: number } {
  const eighths = radius * 8;
  let found = byRadius[eighths];
  if (found === undefined) {
    const square = squareOf(radius);
    found = square === null ? NO_SQUARE : { side: square.side, share: Math.floor(STEPS * square.weight + 0.5) };
    byRadius[eighths] = found;
  }
  return found;
}
