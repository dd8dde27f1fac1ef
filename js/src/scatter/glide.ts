/** Moving points from one layout to the next. */

import { NOWHERE } from "./permutation";

/** Slow at both ends; 0 at 0, 1 at 1. */
export function eased(t: number): number {
  return t < 0.5 ? 4 * t * t * t : 1 - (2 - 2 * t) ** 3 / 2;
}

/**
 * Where the points are at `t` of the way, (2n) float32 in draw order.
 *
 * A point that had no position appears in place when t passes slot / n, so arriving points sprinkle in.
 */
export function glided(from: Float32Array, to: Float32Array, t: number): Float32Array {
  const at = new Float32Array(to.length);
  const shown = (t * to.length) / 2;
  for (let i = 0; i < to.length; i += 2) {
    const fx = from[i] as number;
    const tx = to[i] as number;
    if (fx === NOWHERE || tx === NOWHERE) {
      const here = i / 2 < shown;
      at[i] = here ? tx : NOWHERE;
      at[i + 1] = here ? (to[i + 1] as number) : NOWHERE;
    } else {
      at[i] = fx + (tx - fx) * t;
      at[i + 1] = (from[i + 1] as number) * (1 - t) + (to[i + 1] as number) * t;
    }
  }
  return at;
}
