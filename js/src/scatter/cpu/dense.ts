/**
 * Adding points up, four whole numbers per pixel: red, green, blue and how often it is covered. The order does not matter.
 *
 * uint32 holds 16 million squares or a million discs on one pixel.
 */

import { STEPS, squareOf, type Tone, toneOpacity } from "../crowd";
import { NOWHERE } from "../permutation";
import type { Rgb, View } from "../raster";
import type { Picture, Points } from "./picture";
import { INTS_PER_PIXEL, PHASES, type Sprites } from "./sprites";

export const SUMS = 4;

/** Up to here opacities are looked up. */
const LISTED = 2048;

/** Add the slots `list[first]` … `list[last - 1]`, or first … last-1 themselves; `sprite` gives the shape of those that are discs. */
export function drawDense(
  sums: Uint32Array,
  picture: Picture,
  points: Points,
  list: Uint32Array | null,
  first: number,
  last: number,
  view: View,
  sprite: () => Sprites,
): void {
  const { width, height, stride, pad } = picture;
  const { to, from, codes, colors } = points;
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
  for (let i = first; i < last; i++) {
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
    const color = colors[codes[slot] as number] as number;
    if (disc !== null) addDisc(sums, sx, sy, stride, color, disc);
    else addSquare(sums, sx, sy, stride, color, side, 1);
  }
}

/** Add a square of whole pixels about (sx, sy), each of them covered `share` times. */
export function addSquare(
  sums: Uint32Array,
  sx: number,
  sy: number,
  stride: number,
  color: number,
  side: number,
  share: number,
): void {
  const red = share * (color & 0xff);
  const green = share * ((color >>> 8) & 0xff);
  const blue = share * ((color >>> 16) & 0xff);
  const back = 0.5 - side / 2;
  const jump = SUMS * (stride - side);
  let at = SUMS * (((sy + back) | 0) * stride + ((sx + back) | 0));
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      sums[at] = (sums[at] as number) + red;
      sums[at + 1] = (sums[at + 1] as number) + green;
      sums[at + 2] = (sums[at + 2] as number) + blue;
      sums[at + 3] = (sums[at + 3] as number) + share;
      at += SUMS;
    }
    at += jump;
  }
}

export function addDisc(
  sums: Uint32Array,
  sx: number,
  sy: number,
  stride: number,
  color: number,
  sprite: Sprites,
): void {
  const eighthX = (sx * PHASES) | 0;
  const eighthY = (sy * PHASES) | 0;
  const phase = (eighthY & (PHASES - 1)) * PHASES + (eighthX & (PHASES - 1));
  const middle = (sy | 0) * stride + (sx | 0);
  const { pixels } = sprite;
  const red = color & 0xff;
  const green = (color >>> 8) & 0xff;
  const blue = (color >>> 16) & 0xff;
  const end = sprite.starts[phase + 1] as number;
  for (let p = sprite.starts[phase] as number; p < end; p += INTS_PER_PIXEL) {
    const at = SUMS * (middle + (pixels[p] as number));
    const weight = ((pixels[p + 1] as number) * STEPS + 128) >> 8;
    sums[at] = (sums[at] as number) + weight * red;
    sums[at + 1] = (sums[at + 1] as number) + weight * green;
    sums[at + 2] = (sums[at + 2] as number) + weight * blue;
    sums[at + 3] = (sums[at + 3] as number) + weight;
  }
}

/**
 * The sums as a picture over `background`: the mean colour of what covers a pixel, as opaque as `tone` says.
 *
 * @param each how much of a pixel is covered by a count of one
 */
export function toned(sums: Uint32Array, pixels: Uint32Array, background: Rgb, tone: Tone, each: number): void {
  const opacities = new Float32Array(LISTED);
  for (let c = 0; c < LISTED; c++) opacities[c] = toneOpacity(tone, c * each);
  const [red, green, blue] = background;
  const empty = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  for (let i = 0, at = 0; i < pixels.length; i++, at += SUMS) {
    const covered = sums[at + 3] as number;
    if (covered === 0) {
      pixels[i] = empty;
      continue;
    }
    const opacity = covered < LISTED ? (opacities[covered] as number) : toneOpacity(tone, covered * each);
    const share = opacity / covered;
    const r = red + (sums[at] as number) * share - red * opacity + 0.5;
    const g = green + (sums[at + 1] as number) * share - green * opacity + 0.5;
    const b = blue + (sums[at + 2] as number) * share - blue * opacity + 0.5;
    pixels[i] = 0xff000000 | (b << 16) | (g << 8) | r;
  }
}
