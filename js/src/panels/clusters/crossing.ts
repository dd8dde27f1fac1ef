/** Counts of two columns of names crossed, and the rows of one cell. */

import type { CategoryColumn, RowMask } from "../../store";

/** Of each category the number of its rows, in the order of `categories`. */
export function sizesOf({ codes, categories }: CategoryColumn): Uint32Array {
  const sizes = new Uint32Array(categories.length + 1);
  for (let row = 0; row < codes.length; row++) (sizes[codes[row] as number] as number)++;
  return sizes.subarray(1);
}

/** So many of each column are counted, across the most frequent: all cells of two long columns fill the memory. */
export const MOST = { down: 100, across: 40 };

export interface Crossing {
  /** Categories of the second column that come with one of the first, the most frequent first; -1 is no value. */
  readonly across: readonly number[];
  /** Rows of category `down` of the first column with category `across` of the second; 0 beyond MOST. */
  count(down: number, across: number): number;
}

export function crossing(down: CategoryColumn, across: CategoryColumn): Crossing {
  const totals = new Uint32Array(across.categories.length + 1);
  for (let row = 0; row < down.codes.length; row++) {
    const code = across.codes[row] as number;
    if (down.codes[row] !== 0) totals[code] = (totals[code] as number) + 1;
  }
  const listed = Array.from(totals.keys()).filter((code) => (totals[code] as number) > 0);
  listed.sort((a, b) => Number(a === 0) - Number(b === 0) || (totals[b] as number) - (totals[a] as number) || a - b);
  const placeOf = new Int32Array(totals.length).fill(-1);
  listed.slice(0, MOST.across).forEach((code, place) => {
    placeOf[code] = place;
  });
  const counts = new Uint32Array(MOST.down * MOST.across);
  for (let row = 0; row < down.codes.length; row++) {
    const line = (down.codes[row] as number) - 1;
    const place = placeOf[across.codes[row] as number] as number;
    if (line < 0 || line >= MOST.down || place < 0) continue;
    counts[line * MOST.across + place] = (counts[line * MOST.across + place] as number) + 1;
  }
  return {
    across: listed.map((code) => code - 1),
    count(row, column) {
      const place = placeOf[column + 1] ?? -1;
      return place < 0 ? 0 : (counts[row * MOST.across + place] ?? 0);
    },
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
