/** Adding points up on a flat map. The order does not matter. */

import { STEPS, squareOf, type Tone, toneOpacity } from "../crowd";
import { NOWHERE } from "../permutation";
import type { Rgb, View } from "../raster";
import type { Picture, Points } from "./picture";
import { INTS_PER_PIXEL, PHASES, type Sprites } from "./sprites";
import { CELLS, develop, type Sums } from "./sums";

/** Up to here opacities are looked up. */
const LISTED = 2048;

/**
 * Add the slots `list[first]` … `list[last - 1]`, or first … last-1 themselves; `sprite` gives the shape of those that are discs.
 *
 * @param weights of the points' colours, as `weightsOf` has them
 */
export function drawDense(
  cells: Float64Array,
  weights: Float64Array,
  picture: Picture,
  points: Points,
  list: Uint32Array | null,
  start: number,
  end: number,
  view: View,
  sprite: () => Sprites,
): void {
  const { width, height, stride, pad } = picture;
  const { to, from, codes } = points;
  const { x, y, scale, t } = view;
  const left = pad + width / 2 - x * scale;
  const top = pad + height / 2 + y * scale;
  const square = squareOf(view.radius);
  const disc = square === null ? sprite() : null;
  const margin = pad - (square === null ? Math.min((disc as Sprites).reach, pad) - 1 : 2);
  const lastX = width + 2 * pad - margin;
  const lastY = height + 2 * pad - margin;
  const shown = (t * to.length) / 2;
  const side = square?.side ?? 0;
  for (let i = start; i < end; i++) {
    const slot = list === null ? i : (list[i] as number);
    let px = to[2 * slot] as number;
    let py = to[2 * slot + 1] as number;
    if (from !== null) {
      const fx = from[2 * slot] as number;
      if (fx !== NOWHERE && px !== NOWHERE) {
        px = fx + (px - fx) * t;
        py = (from[2 * slot + 1] as number) * (1 - t) + py * t;
      } else if (slot >= shown) continue;
    }
    const sx = left + px * scale;
    const sy = top - py * scale;
    if (!(sx >= margin && sx < lastX && sy >= margin && sy < lastY)) continue;
    const code = CELLS * (codes[slot] as number);
    const first = weights[code] as number;
    const second = weights[code + 1] as number;
    if (disc !== null) addDisc(cells, sx, sy, stride, first, second, disc);
    else addSquare(cells, sx, sy, stride, first, second, side);
  }
}

/** Add a square of whole pixels about (sx, sy); `first` and `second` are what each of its pixels gets. */
export function addSquare(
  cells: Float64Array,
  sx: number,
  sy: number,
  stride: number,
  first: number,
  second: number,
  side: number,
): void {
  const back = 0.5 - side / 2;
  const jump = CELLS * (stride - side);
  let at = CELLS * (((sy + back) | 0) * stride + ((sx + back) | 0));
  if (side === 1) {
    cells[at] = (cells[at] as number) + first;
    cells[at + 1] = (cells[at + 1] as number) + second;
    return;
  }
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      cells[at] = (cells[at] as number) + first;
      cells[at + 1] = (cells[at + 1] as number) + second;
      at += CELLS;
    }
    at += jump;
  }
}

export function addDisc(
  cells: Float64Array,
  sx: number,
  sy: number,
  stride: number,
  first: number,
  second: number,
  sprite: Sprites,
): void {
  const eighthX = (sx * PHASES) | 0;
  const eighthY = (sy * PHASES) | 0;
  const phase = (eighthY & (PHASES - 1)) * PHASES + (eighthX & (PHASES - 1));
  const middle = (sy | 0) * stride + (sx | 0);
  const { pixels } = sprite;
  const end = sprite.starts[phase + 1] as number;
  for (let p = sprite.starts[phase] as number; p < end; p += INTS_PER_PIXEL) {
    const at = CELLS * (middle + (pixels[p] as number));
    const weight = ((pixels[p + 1] as number) * STEPS + 128) >> 8;
    cells[at] = (cells[at] as number) + weight * first;
    cells[at + 1] = (cells[at + 1] as number) + weight * second;
  }
}

/**
 * The sums as a picture over `background`: the mean colour of what covers a pixel, as opaque as `tone` says.
 *
 * @param each how much of a pixel is covered by a count of one
 */
export function toned(sums: Sums, pixels: Uint32Array, background: Rgb, tone: Tone, each: number): void {
  const opacities = new Float32Array(LISTED);
  for (let c = 0; c < LISTED; c++) opacities[c] = toneOpacity(tone, c * each);
  develop(sums, pixels, background, (covered) =>
    covered < LISTED ? (opacities[covered] as number) : toneOpacity(tone, covered * each),
  );
}
