/** The fixed random order in which points are drawn, so that any prefix is a fair sample of all. */

/** All of 0…n-1, shuffled (Fisher–Yates) by the generator mulberry32; the same for the same n and seed. */
export function permutation(n: number, seed = 1): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let state = seed | 0;
  for (let i = n - 1; i > 0; i--) {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    const j = Math.floor((((z ^ (z >>> 14)) >>> 0) / 4294967296) * (i + 1));
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}

/** The slots (places in `order`) whose row is in `rows`, or those whose row is not, ascending. `bits[r >> 3] & (1 << (r & 7))` holds row r. */
export function slotsOf(
  rows: { readonly bits: Uint8Array; readonly count: number },
  order: Uint32Array,
  within = true,
): Uint32Array {
  const wanted = within ? 1 : 0;
  const most = within ? Math.min(rows.count, order.length) : order.length;
  const slots = new Uint32Array(most);
  let found = 0;
  for (let slot = 0; slot < order.length && found < most; slot++) {
    const row = order[slot] as number;
    if ((((rows.bits[row >> 3] as number) >> (row & 7)) & 1) === wanted) slots[found++] = slot;
  }
  return found === most ? slots : slots.slice(0, found);
}

/** Stands for "no position" in slot order; any camera maps it far out of the picture, on the GPU too, where NaN is undefined. */
export const NOWHERE = Math.fround(3e38);

/**
 * Positions in draw order, `wide` float32 per slot: NOWHERE where a coordinate is not finite, z = 0 where there is none.
 *
 * @param xy `dims` numbers per row
 */
export function inDrawOrder(xy: Float32Array, dims: number, order: Uint32Array, wide = dims): Float32Array {
  const placed = new Float32Array(wide * order.length);
  for (let slot = 0, at = 0; slot < order.length; slot++, at += wide) {
    const from = (order[slot] as number) * dims;
    const x = xy[from] as number;
    const y = xy[from + 1] as number;
    const z = dims > 2 ? (xy[from + 2] as number) : 0;
    const finite = x - x === 0 && y - y === 0 && z - z === 0;
    placed[at] = finite ? x : NOWHERE;
    placed[at + 1] = finite ? y : NOWHERE;
    if (wide > 2) placed[at + 2] = finite ? z : NOWHERE;
  }
  return placed;
}

/** Flat positions in draw order with a third number, 0. */
export function raised(flat: Float32Array): Float32Array {
  const placed = new Float32Array(1.5 * flat.length);
  for (let from = 0, at = 0; from < flat.length; from += 2, at += 3) {
    placed[at] = flat[from] as number;
    placed[at + 1] = flat[from + 1] as number;
  }
  return placed;
}
