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

/** The slots (places in `order`) whose row is in `bits`, ascending. `bits[r >> 3] & (1 << (r & 7))` holds row r. */
export function slotsOf(bits: Uint8Array, count: number, order: Uint32Array): Uint32Array {
  const slots = new Uint32Array(count);
  let found = 0;
  for (let slot = 0; slot < order.length && found < count; slot++) {
    const row = order[slot] as number;
    if (((bits[row >> 3] as number) >> (row & 7)) & 1) slots[found++] = slot;
  }
  return found === count ? slots : slots.subarray(0, found);
}

/** Stands for "no position" in slot order; any camera maps it far out of the picture, on the GPU too, where NaN is undefined. */
export const NOWHERE = Math.fround(3e38);

/** Positions in draw order: (2n) float32, NOWHERE where x or y is not finite. `xy` holds `dims` numbers per row. */
export function inDrawOrder(xy: Float32Array, dims: number, order: Uint32Array): Float32Array {
  const placed = new Float32Array(2 * order.length);
  for (let slot = 0; slot < order.length; slot++) {
    const at = (order[slot] as number) * dims;
    const x = xy[at] as number;
    const y = xy[at + 1] as number;
    const finite = x - x === 0 && y - y === 0;
    placed[2 * slot] = finite ? x : NOWHERE;
    placed[2 * slot + 1] = finite ? y : NOWHERE;
  }
  return placed;
}
