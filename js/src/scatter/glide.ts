/** Moving points from one layout to the next. */

import { NOWHERE } from "./permutation";

/** Slow at both ends; 0 at 0, 1 at 1. */
export function eased(t: number): number {
  return t < 0.5 ? 4 * t * t * t : 1 - (2 - 2 * t) ** 3 / 2;
}

/**
 * Where the points are at `t` of the way, `dims` float32 per slot.
 *
 * A point that had no position appears in place when t passes slot / n, so arriving points sprinkle in.
 */
export function glided(from: Float32Array, to: Float32Array, t: number, dims: number): Float32Array {
  const at = new Float32Array(to.length);
  const shown = t * to.length;
  for (let i = 0; i < to.length; i += dims) {
    const arriving = from[i] === NOWHERE || to[i] === NOWHERE;
    for (let d = i; d < i + dims; d++) {
      const end = to[d] as number;
      if (arriving) at[d] = i < shown ? end : NOWHERE;
      else at[d] = (from[d] as number) * (1 - t) + end * t;
    }
  }
  return at;
}
