/** Drawing points in depth: the front-most point of a pixel wins. */

import { NOWHERE } from "../permutation";
import { depthAt, NEAREST, radiusAt, type View } from "../raster";
import type { Picture, Points } from "./picture";
import { discDeep, PHASES, type Sprites, splatDeep } from "./sprites";

/** Radius. Larger ones would take too much memory, a sprite for each of their sizes. */
export const MOST_PREPARED = 24;

export const STRAIGHT = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

/**
 * Draw the slots `list[first]` … `list[last - 1]`, or first … last-1 themselves when there is no list.
 *
 * @param depths float32 per pixel of the picture, -1 (at the eye) … 1 (farthest)
 * @param spriteOf the sprite of a radius, of a tagged point or another
 */
export function drawDeep(
  picture: Picture,
  depths: Float32Array,
  points: Points,
  list: Uint32Array | null,
  first: number,
  last: number,
  view: View,
  spriteOf: (radius: number, isRing: boolean) => Sprites,
): void {
  const { pixels, width, height, stride, pad } = picture;
  const { to, from, dims, codes, colors } = points;
  const { x, y, z, scale, perspective, t, radius, largest } = view;
  const [rx, ry, rz, ux, uy, uz, tx, ty, tz] = view.turn ?? STRAIGHT;
  const perSide = scale / Math.max(width, height);
  const shown = (t * to.length) / dims;
  const still = from === null;
  const tagged = view.core > 0 ? points.tagged : null;
  for (let i = first; i < last; i++) {
    const slot = list === null ? i : (list[i] as number);
    const p = slot * dims;
    let px = to[p] as number;
    let py = to[p + 1] as number;
    let pz = dims === 3 ? (to[p + 2] as number) : 0;
    if (!still) {
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
    const near = tx * px + ty * py + tz * pz;
    const w = 1 - perspective * near;
    if (w < NEAREST) continue;
    const sx = width / 2 + ((rx * px + ry * py + rz * pz) * scale) / w;
    const sy = height / 2 - ((ux * px + uy * py + uz * pz) * scale) / w;
    const depth = Math.fround(depthAt(near * perSide));
    const size = radiusAt(radius, 1 / w, largest);
    const isRing = tagged !== null && tagged[slot] === 1;
    if (size > MOST_PREPARED) {
      const core = isRing ? view.core : 0;
      discDeep(picture, depths, sx, sy, size, depth, colors[codes[slot] as number] as number, view, core);
      continue;
    }
    if (!(sx > -pad && sx < width + pad - 1 && sy > -pad && sy < height + pad - 1)) continue;
    const sprite = spriteOf(size, isRing);
    const margin = sprite.reach - 1;
    if (!(sx >= -margin && sx < width + margin && sy >= -margin && sy < height + margin)) continue;
    const eighthX = ((sx + pad) * PHASES) | 0;
    const eighthY = ((sy + pad) * PHASES) | 0;
    const phase = (eighthY & (PHASES - 1)) * PHASES + (eighthX & (PHASES - 1));
    const at = ((sy + pad) | 0) * stride + ((sx + pad) | 0);
    splatDeep(pixels, depths, at, depth, colors[codes[slot] as number] as number, sprite, phase);
  }
}
