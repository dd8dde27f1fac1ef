/** Counts of two columns of names crossed, and the rows of one cell. */

import type { CategoryColumn, RowMask } from "../../store";

/** Of each category the number of its rows, in the order of `categories`. */
export function sizesOf({ codes, categories }: CategoryColumn): Uint32Array {
  const sizes = new Uint32Array(categories.length + 1);
  for (let row = 0; row < codes.length; row++) (sizes[codes[row] as number] as number)++;
  return sizes.subarray(1);
}

export interface Crossing {
  /** Categories of the second column that come with one of the first, the most frequent first; -1 is no value. */
  readonly across: readonly number[];
  /** Rows of category `down` of the first column with category `across` of the second. */
  count(down: number, across: number): number;
}

export function crossing(down: CategoryColumn, across: CategoryColumn): Crossing {
  const wide = across.categories.length + 1;
  const counts = new Uint32Array((down.categories.length + 1) * wide);
  for (let row = 0; row < down.codes.length; row++) {
    const cell = (down.codes[row] as number) * wide + (across.codes[row] as number);
    counts[cell] = (counts[cell] as number) + 1;
  }
  const totals = new Uint32Array(wide);
  for (let cell = wide; cell < counts.length; cell++) {
    totals[cell % wide] = (totals[cell % wide] as number) + (counts[cell] as number);
  }
  const listed = Array.from(totals.keys()).filter((code) => (totals[code] as number) > 0);
  listed.sort((a, b) => Number(a === 0) - Number(b === 0) || (totals[b] as number) - (totals[a] as number) || a - b);
  return {
    across: listed.map((code) => code - 1),
    count: (row, column) => counts[(row + 1) * wide + column + 1] ?? 0,
  };
}

/** The rows that have one category in each of the two columns; -1 is no value. */
export function rowsOfCell(down: CategoryColumn, across: CategoryColumn, row: number, column: number): RowMask {
  const n = down.codes.length;
  const bits = new Uint8Array((n + 7) >> 3);
  let count = 0;
  for (let at = 0; at < n; at++) {
    if (down.codes[at] !== row + 1 || across.codes[at] !== column + 1) continue;
    bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
    count++;
  }
  return { n, bits, count };
}
