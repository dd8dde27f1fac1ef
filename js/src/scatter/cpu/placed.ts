/** Points by the pixel they are added to, kept while a flat map rests: in other colours it is added up in a third of the time. */

import { MOST_SIDE } from "../crowd";
import { NOWHERE } from "../permutation";
import type { View } from "../raster";
import type { Picture, Points } from "./picture";
import { CELLS } from "./sums";

/** `slots[ends[p - 1]]` … `slots[ends[p] - 1]` are those whose square begins in pixel p. */
export interface Placed {
  readonly ends: Uint32Array;
  readonly slots: Uint32Array;
}

/** More points take more memory and time than another colour is worth. */
const MOST_POINTS = 2_000_000;
/** More in one pixel would overrun its sums. */
const MOST_EACH = Math.floor(250_000 / MOST_SIDE ** 2);

/** Those of `list`, or all, as `drawDense` adds them with squares of `side`; null where there are too many. */
export function placed(
  { width, height, stride, pad, pixels }: Picture,
  { to }: Points,
  list: Uint32Array | null,
  { x, y, scale }: View,
  side: number,
): Placed | null {
  const count = list?.length ?? to.length / 2;
  if (count > MOST_POINTS) return null;
  const back = 0.5 - side / 2;
  const left = pad + width / 2 - x * scale;
  const top = pad + height / 2 + y * scale;
  const margin = pad - 2;
  const lastX = width + 2 * pad - margin;
  const lastY = height + 2 * pad - margin;
  const nowhere = pixels.length;
  const ends = new Uint32Array(nowhere + 1);
  const pixelOf = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const slot = list === null ? i : (list[i] as number);
    const px = to[2 * slot] as number;
    const sx = left + px * scale;
    const sy = top - (to[2 * slot + 1] as number) * scale;
    const isSeen = px !== NOWHERE && sx >= margin && sx < lastX && sy >= margin && sy < lastY;
    const pixel = isSeen ? ((sy + back) | 0) * stride + ((sx + back) | 0) : nowhere;
    pixelOf[i] = pixel;
    ends[pixel] = (ends[pixel] as number) + 1;
  }
  let before = 0;
  for (let pixel = 0; pixel <= nowhere; pixel++) {
    const each = ends[pixel] as number;
    if (each > MOST_EACH && pixel < nowhere) return null;
    ends[pixel] = before;
    before += each;
  }
  const slots = new Uint32Array(ends[nowhere] as number);
  for (let i = 0; i < count; i++) {
    const pixel = pixelOf[i] as number;
    const at = ends[pixel] as number;
    ends[pixel] = at + 1;
    if (pixel < nowhere) slots[at] = list === null ? i : (list[i] as number);
  }
  return { ends, slots };
}

/** Add them, to cells that are empty. */
export function addPlaced(
  cells: Float64Array,
  weights: Float64Array,
  codes: Points["codes"],
  { ends, slots }: Placed,
  stride: number,
  side: number,
): void {
  for (let pixel = 0, i = 0; i < slots.length; pixel++) {
    const end = ends[pixel] as number;
    if (i === end) continue;
    let first = 0;
    let second = 0;
    for (; i < end; i++) {
      const code = CELLS * (codes[slots[i] as number] as number);
      first += weights[code] as number;
      second += weights[code + 1] as number;
    }
    for (let row = 0; row < side; row++) {
      for (let at = CELLS * (pixel + row * stride), last = at + CELLS * side; at < last; at += CELLS) {
        cells[at] = (cells[at] as number) + first;
        cells[at + 1] = (cells[at + 1] as number) + second;
      }
    }
  }
}
