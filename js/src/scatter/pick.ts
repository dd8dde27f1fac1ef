/** The point nearest to a place. */

import { boundsOf } from "./camera";

export interface Picker {
  /**
   * The row nearest to (x, y) within `radius`, all in data units; -1 when there is none. The lowest row wins a tie.
   *
   * @param hidden rows left out, as bits; null leaves out none
   */
  nearest(x: number, y: number, radius: number, hidden?: Uint8Array | null): number;
}

const POINTS_PER_CELL = 4;

/**
 * A picker over rows with finite positions; `xy` holds `dims` numbers per row.
 *
 * Rows are sorted into square cells by counting (one pass per array: 25 ms for a million, where a k-d tree takes ten
 * times that and blocks the page). A lone far outlier makes the cells coarse; the search stays exact and gets slower.
 */
export function picker(xy: Float32Array, dims: number): Picker {
  const n = Math.floor(xy.length / dims);
  const found = boundsOf(xy, dims);
  if (found === null) return { nearest: () => -1 };
  const { x0, y0, x1, y1 } = found;
  const wide = x1 - x0;
  const high = y1 - y0;
  const cells = Math.max(1, n / POINTS_PER_CELL);
  const side = Math.max(Math.sqrt((wide * high) / cells), Math.max(wide, high) / cells) || 1;
  const columns = Math.floor(wide / side) + 1;
  const lines = Math.floor(high / side) + 1;
  const column = (x: number) => Math.min(columns - 1, Math.max(0, Math.floor((x - x0) / side)));
  const line = (y: number) => Math.min(lines - 1, Math.max(0, Math.floor((y - y0) / side)));

  const starts = new Uint32Array(columns * lines + 1);
  const cellOf = new Int32Array(n);
  for (let row = 0, i = 0; row < n; row++, i += dims) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    const cell = x - x === 0 && y - y === 0 ? line(y) * columns + column(x) : -1;
    cellOf[row] = cell;
    if (cell >= 0) starts[cell + 1] = (starts[cell + 1] as number) + 1;
  }
  for (let c = 1; c < starts.length; c++) starts[c] = (starts[c] as number) + (starts[c - 1] as number);
  const rows = new Uint32Array(starts[columns * lines] as number);
  const next = starts.slice(0, -1);
  for (let row = 0; row < n; row++) {
    const cell = cellOf[row] as number;
    if (cell < 0) continue;
    const at = next[cell] as number;
    rows[at] = row;
    next[cell] = at + 1;
  }

  return {
    nearest(x, y, radius, hidden = null) {
      let best = -1;
      let bestSquare = radius * radius;
      if (!(x >= x0 - radius && x <= x1 + radius && y >= y0 - radius && y <= y1 + radius)) return best;
      const lastColumn = column(x + radius);
      const lastLine = line(y + radius);
      for (let l = line(y - radius); l <= lastLine; l++) {
        for (let c = column(x - radius); c <= lastColumn; c++) {
          const cell = l * columns + c;
          const end = starts[cell + 1] as number;
          for (let at = starts[cell] as number; at < end; at++) {
            const row = rows[at] as number;
            const dx = (xy[row * dims] as number) - x;
            const dy = (xy[row * dims + 1] as number) - y;
            const square = dx * dx + dy * dy;
            if (hidden !== null && ((hidden[row >> 3] as number) >> (row & 7)) & 1) continue;
            if (square < bestSquare || (square === bestSquare && (best < 0 || row < best))) {
              best = row;
              bestSquare = square;
            }
          }
        }
      }
      return best;
    },
  };
}
