/** Drawing points without depth: in their order, the later over the earlier. */

import { NOWHERE } from "../permutation";
import type { View } from "../raster";
import type { Picture, Points } from "./picture";
import { PHASES, type Sprites, splat } from "./sprites";

/**
 * Draw the slots `list[first]` … `list[last - 1]`, or first … last-1 themselves when there is no list.
 *
 * @param ring of the tagged ones; null draws all alike
 */
export function drawFlat(
  picture: Picture,
  points: Points,
  list: Uint32Array | null,
  first: number,
  last: number,
  view: View,
  plain: Sprites,
  ring: Sprites | null,
): void {
  const { pixels, width, height, stride, pad } = picture;
  const { to, from, codes, colors } = points;
  const tagged = ring === null ? null : points.tagged;
  const { x, y, scale, t } = view;
  const left = width / 2 - x * scale;
  const top = height / 2 + y * scale;
  const margin = Math.min(plain.reach, pad) - 1;
  const lastX = width + margin;
  const lastY = height + margin;
  const shown = (t * to.length) / 2;
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
    if (!(sx >= -margin && sx < lastX && sy >= -margin && sy < lastY)) continue;
    const eighthX = ((sx + pad) * PHASES) | 0;
    const eighthY = ((sy + pad) * PHASES) | 0;
    const phase = (eighthY & (PHASES - 1)) * PHASES + (eighthX & (PHASES - 1));
    const at = ((sy + pad) | 0) * stride + ((sx + pad) | 0);
    const sprite = tagged !== null && tagged[slot] === 1 ? (ring as Sprites) : plain;
    splat(pixels, at, colors[codes[slot] as number] as number, sprite, phase);
  }
}
