/** Which rows the grid shows, and in which order. */

import { rowsOf } from "../bitmask";
import type { Column, RowMask } from "../store";
import { counted, orderOfCodes, orderOfNumbers } from "./radix";

/** All rows in the order of a column; rows without a value last in both directions. Null: the column has no order. */
export function sortedRows(column: Column, descending: boolean): Uint32Array | null {
  if (column.kind === "tags") return null;
  const rows = column.kind === "number" ? orderOfNumbers(column.values) : orderOfCodes(column.codes);
  if (!descending) return rows;
  const missing = (row: number) =>
    column.kind === "number" ? Number.isNaN(column.values[row]) : (column.codes[row] as number) === 0;
  let present = rows.length;
  while (present > 0 && missing(rows[present - 1] as number)) present--;
  rows.subarray(0, present).reverse();
  return rows;
}

/** The rows of `shown`, all n when null, in the order of `sorted`, by row when null. */
export function orderOf(n: number, shown: RowMask | null, sorted: Uint32Array | null): Uint32Array {
  if (shown === null) return sorted ?? counted(n);
  if (sorted === null) return rowsOf(shown);
  const { bits, count } = shown;
  const rows = new Uint32Array(count);
  for (let i = 0, at = 0; at < count; i++) {
    const row = sorted[i] as number;
    if ((bits[row >> 3] as number) & (1 << (row & 7))) rows[at++] = row;
  }
  return rows;
}
