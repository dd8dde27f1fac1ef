/** Which of the rows that may show their picture do, on this screen: none over another, the most important first. */

import type { Size } from "../../scatter/camera";
import type { Representatives } from "./representatives";
import { MOST_PICTURES, type Room } from "./size";

export interface Wish {
  /** Rows that come first whatever their reach: the focused one. */
  readonly first: readonly number[];
  /** Then these, each as far as it reaches: of the selected rows, then of all. */
  readonly from: readonly Representatives[];
  /** Rows shown now; they stay a little longer than they would come. */
  readonly shown: { has(row: number): boolean };
  /** CSS pixels per data unit. */
  readonly scale: number;
  readonly room: Room;
  readonly size: Size;
  /** Where a row is on screen, in CSS pixels; null for nowhere. */
  readonly at: (row: number) => readonly [number, number] | null;
}

/** How much nearer together than the spacing two pictures may come before one goes. */
const STAYS = 0.93;

/** The rows, most important first; the middles of any two are STAYS * spacing_px apart at least, in x or in y. */
export function placed({ first, from, shown, scale, room, size, at }: Wish): number[] {
  const clear_px = STAYS * room.spacing_px;
  const edge_px = room.size_px / 2;
  const columns = Math.ceil((size.width + 2 * edge_px) / clear_px) + 1;
  const lines = Math.ceil((size.height + 2 * edge_px) / clear_px) + 1;
  /** By square of clear_px: no more than one picture has its middle in each. */
  const held = new Int32Array(columns * lines).fill(-1);
  const xs: number[] = [];
  const ys: number[] = [];
  const rows: number[] = [];
  const known = new Set<number>();

  function put(row: number): void {
    const place = at(row);
    if (place === null || known.has(row)) return;
    const [x, y] = place;
    if (!(x > -edge_px && x < size.width + edge_px && y > -edge_px && y < size.height + edge_px)) return;
    const column = Math.floor((x + edge_px) / clear_px);
    const line = Math.floor((y + edge_px) / clear_px);
    for (let l = Math.max(0, line - 1); l <= Math.min(lines - 1, line + 1); l++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
        const other = held[l * columns + c] as number;
        if (other < 0) continue;
        if (Math.max(Math.abs((xs[other] as number) - x), Math.abs((ys[other] as number) - y)) < clear_px) return;
      }
    }
    held[line * columns + column] = rows.length;
    known.add(row);
    rows.push(row);
    xs.push(x);
    ys.push(y);
  }

  for (const row of first) put(row);
  for (const { rows: may, reach } of from) {
    const enough = room.spacing_px / scale;
    for (let i = 0; i < may.length && rows.length < MOST_PICTURES; i++) {
      const row = may[i] as number;
      const far = reach[i] as number;
      if (far >= enough || (far >= STAYS * enough && shown.has(row))) put(row);
    }
  }
  return rows;
}
