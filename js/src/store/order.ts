/** Which rows the grid shows, and in which order. */

import { rowsOf } from "../bitmask";
import type { Column, Order, RowMask } from "../store";
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
export function orderOf(n: number, shown: RowMask | null, sorted: Uint32Array | null): Order {
  if (sorted === null) return shown === null ? allRows(n) : ascending(rowsOf(shown));
  if (shown === null) return listed(sorted, n);
  const { bits, count } = shown;
  const rows = new Uint32Array(count);
  for (let i = 0, at = 0; at < count; i++) {
    const row = sorted[i] as number;
    if ((bits[row >> 3] as number) & (1 << (row & 7))) rows[at++] = row;
  }
  return listed(rows, n);
}

/** 0…n-1: nothing is kept. */
export function allRows(n: number): Order {
  return {
    length: n,
    at: (place) => (place >= 0 && place < n ? place : -1),
    slice: (from = 0, to = n) => counted(Math.max(0, Math.min(n, to) - from), from),
    placeOf: (row) => (row >= 0 && row < n ? row : -1),
  };
}

function ofRows(rows: Uint32Array, placeOf: (row: number) => number): Order {
  return {
    length: rows.length,
    at: (place) => rows[place] ?? -1,
    slice: (from, to) => rows.subarray(from, to),
    placeOf,
  };
}

/** Rows that ascend are searched for by halving. */
function ascending(rows: Uint32Array): Order {
  return ofRows(rows, (row) => {
    let [from, to] = [0, rows.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((rows[middle] as number) < row) from = middle + 1;
      else to = middle;
    }
    return rows[from] === row ? from : -1;
  });
}

/** Any rows of n; where each stands is written down when it is first asked for. */
function listed(rows: Uint32Array, n: number): Order {
  let places: Int32Array | null = null;
  return ofRows(rows, (row) => {
    if (row < 0) return -1;
    if (places === null) {
      places = new Int32Array(n).fill(-1);
      for (let place = 0; place < rows.length; place++) places[rows[place] as number] = place;
    }
    return places[row] ?? -1;
  });
}
