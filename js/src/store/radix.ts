/** Order of rows by a column, without comparing: a million rows take tens of milliseconds. */

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;

/**
 * Rows in ascending order of `values`, equal ones by row, NaN last.
 *
 * Float bits sort like integers once negative numbers are complemented: https://stereopsis.com/radix.html
 */
export function orderOfNumbers(values: Float32Array): Uint32Array {
  const keys = new Uint32Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let row = 0; row < keys.length; row++) {
    const value = values[row] as number;
    const pattern = value === 0 ? 0 : (bits[row] as number);
    keys[row] = Number.isNaN(value) ? 0xffffffff : pattern >>> 31 ? ~pattern : pattern | 0x80000000;
  }
  return orderOfKeys(keys);
}

/** Rows in ascending order of category code, equal ones by row, code 0 (missing) last. */
export function orderOfCodes(codes: ArrayLike<number>): Uint32Array {
  const keys = new Uint32Array(codes.length);
  for (let row = 0; row < keys.length; row++) keys[row] = (codes[row] as number) - 1;
  return orderOfKeys(keys);
}

/** n numbers from `first` on. */
export function counted(n: number, first = 0): Uint32Array<ArrayBuffer> {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = first + i;
  return rows;
}

function orderOfKeys(keys: Uint32Array): Uint32Array {
  let from = counted(keys.length);
  let to = new Uint32Array(keys.length);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const starts = new Uint32Array(BUCKETS + 1);
    for (let i = 0; i < keys.length; i++) {
      const digit = ((keys[i] as number) >>> shift) & (BUCKETS - 1);
      starts[digit + 1] = (starts[digit + 1] as number) + 1;
    }
    if (starts.includes(keys.length)) continue;
    for (let digit = 0; digit < BUCKETS; digit++)
      starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
    for (let i = 0; i < from.length; i++) {
      const row = from[i] as number;
      const digit = ((keys[row] as number) >>> shift) & (BUCKETS - 1);
      const at = starts[digit] as number;
      to[at] = row;
      starts[digit] = at + 1;
    }
    [from, to] = [to, from];
  }
  return from;
}
