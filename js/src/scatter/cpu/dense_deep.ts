/** Adding points in depth up: each as much as it covers, so that what is near weighs more. The order does not matter. */

import { shareOf } from "../crowd";
import { NOWHERE } from "../permutation";
import { NEAREST, radiusAt, type View } from "../raster";
import { STRAIGHT } from "./deep";
import { addDisc, addSquare } from "./dense";
import type { Picture, Points } from "./picture";
import type { Sprites } from "./sprites";
import { CELLS } from "./sums";

/** Add the slots `list[first]` … `list[last - 1]`, or first … last-1 themselves; `spriteOf` gives the disc of a radius. */
export function drawDenseDeep(
  cells: Float64Array,
  weights: Float64Array,
  picture: Picture,
  points: Points,
  list: Uint32Array | null,
  start: number,
  end: number,
  view: View,
  spriteOf: (radius: number) => Sprites,
): void {
  const { width, height, stride, pad } = picture;
  const { to, from, dims, codes } = points;
  const { x, y, z, scale, perspective, t, radius, largest } = view;
  const [rx, ry, rz, ux, uy, uz, tx, ty, tz] = view.turn ?? STRAIGHT;
  const left = pad + width / 2;
  const top = pad + height / 2;
  const shown = (t * to.length) / dims;
  for (let i = start; i < end; i++) {
    const slot = list === null ? i : (list[i] as number);
    const p = slot * dims;
    let px = to[p] as number;
    let py = to[p + 1] as number;
    let pz = dims === 3 ? (to[p + 2] as number) : 0;
    if (from !== null) {
      const fx = from[p] as number;
      if (fx !== NOWHERE && px !== NOWHERE) {
        px = fx * (1 - t) + px * t;
        py = (from[p + 1] as number) * (1 - t) + py * t;
        if (dims === 3) pz = (from[p + 2] as number) * (1 - t) + pz * t;
      } else if (slot >= shown) continue;
    }
    if (px === NOWHERE) continue;
    px -= x;
    py -= y;
    pz -= z;
    const w = 1 - perspective * (tx * px + ty * py + tz * pz);
    if (w < NEAREST) continue;
    const closer = scale / w;
    const sx = left + (rx * px + ry * py + rz * pz) * closer;
    const sy = top - (ux * px + uy * py + uz * pz) * closer;
    const size = radiusAt(radius, 1 / w, largest);
    const { side, share } = shareOf(size);
    const sprite = side === 0 ? spriteOf(size) : null;
    const margin = pad - (sprite === null ? 2 : sprite.reach - 1);
    if (!(sx >= margin && sx < width + 2 * pad - margin && sy >= margin && sy < height + 2 * pad - margin)) continue;
    const code = CELLS * (codes[slot] as number);
    const first = weights[code] as number;
    const second = weights[code + 1] as number;
    if (sprite === null) addSquare(cells, sx, sy, stride, share * first, share * second, side);
    else addDisc(cells, sx, sy, stride, first, second, sprite);
  }
}
