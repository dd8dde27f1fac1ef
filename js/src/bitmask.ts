/** Sets of rows as bits: small enough to send, fast enough to combine while a lasso is drawn. */

import type { Mode, RowMask } from "./store";

export function emptyMask(n: number): RowMask {
  return { n, bits: new Uint8Array((n + 7) >> 3), count: 0 };
}

export function fullMask(n: number): RowMask {
  const bits = new Uint8Array((n + 7) >> 3).fill(255);
  if (n & 7) bits[bits.length - 1] = (1 << (n & 7)) - 1;
  return { n, bits, count: n };
}

/** The rows given, in any order and with repetitions; rows outside 0…n-1 are left out. */
export function maskOf(n: number, rows: ArrayLike<number>): RowMask {
  const bits = new Uint8Array((n + 7) >> 3);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (row >= 0 && row < n) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  }
  return { n, bits, count: countBits(bits) };
}

/** A mask on bytes that came over the wire; they are not copied. */
export function maskFromBits(n: number, bits: Uint8Array): RowMask {
  return { n, bits, count: countBits(bits) };
}

export function has(mask: RowMask, row: number): boolean {
  return row >= 0 && row < mask.n && ((mask.bits[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

/** The rows of the mask, ascending. */
export function rowsOf(mask: RowMask): Uint32Array {
  const rows = new Uint32Array(mask.count);
  let at = 0;
  for (let byte = 0; byte < mask.bits.length; byte++) {
    const bits = mask.bits[byte] as number;
    if (bits === 0) continue;
    for (let bit = 0; bit < 8; bit++) if (bits & (1 << bit)) rows[at++] = byte * 8 + bit;
  }
  return rows;
}

/** What `picked` makes of `current` under the selection grammar. */
export function combined(current: RowMask, picked: RowMask, mode: Mode): RowMask {
  if (current.n !== picked.n) throw new RangeError(`masks of ${current.n} and ${picked.n} rows cannot be combined`);
  if (mode === "replace") return picked;
  const [a, b] = [current.bits, picked.bits];
  const bits = new Uint8Array(a.length);
  for (let i = 0; i < bits.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    bits[i] = mode === "add" ? x | y : mode === "subtract" ? x & ~y : x & y;
  }
  return { n: current.n, bits, count: countBits(bits) };
}

/** The rows of `mask` that are not in `taken`; null takes none away. */
export function without(mask: RowMask, taken: RowMask | null): RowMask {
  return taken === null ? mask : combined(mask, taken, "subtract");
}

/** The rows in either; null is none. */
export function union(a: RowMask | null, b: RowMask): RowMask {
  return a === null ? b : combined(a, b, "add");
}

export function sameMask(a: RowMask, b: RowMask): boolean {
  if (a === b) return true;
  if (a.n !== b.n || a.count !== b.count) return false;
  return a.bits.every((byte, i) => byte === b.bits[i]);
}

/** How many rows are in both. */
export function overlap(a: RowMask, b: RowMask): number {
  let count = 0;
  const length = Math.min(a.bits.length, b.bits.length);
  for (let i = 0; i < length; i++) count += ONES[(a.bits[i] as number) & (b.bits[i] as number)] as number;
  return count;
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

function countBits(bits: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) count += ONES[bits[i] as number] as number;
  return count;
}
