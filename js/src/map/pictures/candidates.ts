/** One row for each cell of each frame: the first in a fixed random order, of all rows and of the selected ones. */

import type { RowMask } from "../../store";
import { cellCount, cellOf, type Frame } from "./frames";

/** The first row of each cell of each frame, by the cell's number; -1 where there is none. */
export type Cells = readonly Int32Array[];

/** Rows are ranked by a fixed random number: whoever stands for a cell stands for it at every closer level too. */
export function rankOf(row: number): number {
  let z = Math.imul(row + 1, 0x9e3779b1);
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** Whether row a comes before row b. Ranks are all different: the steps of rankOf can be undone. */
export function isBefore(a: number, b: number): boolean {
  return rankOf(a) < rankOf(b);
}

export interface Scan {
  /** Look at rows for about `budget_ms`; true once all have been seen. */
  work(budget_ms: number): boolean;
  readonly all: Cells;
  /** Of selected rows only; null while nothing is selected. */
  readonly selected: Cells | null;
}

const ROWS_AT_ONCE = 8192;
const CELLS_AT_ONCE = 65_536;

const isIn = (bits: Uint8Array, row: number) => (((bits[row >> 3] as number) >> (row & 7)) & 1) === 1;

/**
 * A pass over all rows that can be taken in pieces.
 *
 * @param xy dims numbers per row; rows that are not finite are nobody's
 * @param hidden rows left out
 */
export function scan(
  xy: Float32Array,
  dims: number,
  frames: readonly Frame[],
  hidden: RowMask | null,
  selection: RowMask | null,
): Scan {
  const n = Math.floor(xy.length / dims);
  const levels = frames.length;
  const empty = () => frames.map((frame) => new Int32Array(cellCount(frame)).fill(-1));
  const all = empty();
  const selected = selection === null || selection.count === 0 ? null : empty();
  const skip = hidden === null || hidden.count === 0 ? null : hidden.bits;
  const picked = selected === null ? null : (selection as RowMask).bits;
  /** Per level: where its frame begins and ends on each axis. A flat one has no ends in depth. */
  const ends = Float64Array.from(
    frames.flatMap(({ axes, cell }) =>
      axes.flatMap(({ start, count }, a) =>
        a === 2 && count === 1 ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [start, start + count * cell],
      ),
    ),
  );
  let next = 0;
  let lifting: Generator<void, void> | null = null;
  let isDone = false;

  function offer(cells: Int32Array, cell: number, row: number): void {
    const held = cells[cell] as number;
    if (held < 0 || isBefore(row, held)) cells[cell] = row;
  }

  function see(first: number, last: number): void {
    for (let row = first; row < last; row++) {
      const x = xy[row * dims] as number;
      const y = xy[row * dims + 1] as number;
      const z = dims === 3 ? (xy[row * dims + 2] as number) : 0;
      let level = -1;
      for (let e = 0; level + 1 < levels; e += 6) {
        if (!(x >= (ends[e] as number) && x < (ends[e + 1] as number))) break;
        if (!(y >= (ends[e + 2] as number) && y < (ends[e + 3] as number))) break;
        if (!(z >= (ends[e + 4] as number) && z < (ends[e + 5] as number))) break;
        level++;
      }
      if (level < 0 || (skip !== null && isIn(skip, row))) continue;
      const cell = cellOf(frames[level] as Frame, x, y, z);
      if (cell < 0) continue;
      offer(all[level] as Int32Array, cell, row);
      if (picked !== null && isIn(picked, row)) offer((selected as Int32Array[])[level] as Int32Array, cell, row);
    }
  }

  /** A row was offered to its closest frame only; the coarser ones take the first of their own and of those within. */
  function* lift(tables: Int32Array[]): Generator<void, void> {
    for (let level = levels - 1; level > 0; level--) {
      const table = tables[level] as Int32Array;
      for (let at = 0; at < table.length; at++) {
        if (at % CELLS_AT_ONCE === CELLS_AT_ONCE - 1) yield;
        const row = table[at] as number;
        if (row < 0) continue;
        const z = dims === 3 ? (xy[row * dims + 2] as number) : 0;
        const cell = cellOf(frames[level - 1] as Frame, xy[row * dims] as number, xy[row * dims + 1] as number, z);
        if (cell >= 0) offer(tables[level - 1] as Int32Array, cell, row);
      }
    }
  }

  function* liftAll(): Generator<void, void> {
    yield* lift(all);
    if (selected !== null) yield* lift(selected);
  }

  return {
    all,
    selected,
    work(budget_ms) {
      const end = performance.now() + budget_ms;
      while (next < n) {
        const last = Math.min(n, next + ROWS_AT_ONCE);
        see(next, last);
        next = last;
        if (next < n && performance.now() >= end) return false;
      }
      lifting ??= liftAll();
      while (!isDone) {
        isDone = lifting.next().done === true;
        if (!isDone && performance.now() >= end) return false;
      }
      return true;
    },
  };
}
