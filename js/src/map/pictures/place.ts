/** Which of the rows that may show their picture do, on this screen: none over another, the most important first. */

import type { Size } from "../../scatter/camera";
import type { Representatives } from "./representatives";
import { IN_DEPTH, MOST_PICTURES, type Room, sizeSeen } from "./size";

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
  /** So far beyond the pane, in CSS pixels, pictures are placed too: on a dragged map they come in whole. */
  readonly around_px: number;
  /** Rows differ in depth: the nearest come first, and pictures are as large as they are near. */
  readonly isDeep: boolean;
  /** Where a row is on screen, in CSS pixels, and how many times larger than in the middle it is seen; null for nowhere. */
  readonly at: (row: number) => readonly [number, number, number] | null;
}

/** How much nearer together than the spacing two pictures may come before one goes. */
const STAYS = 0.93;
/** In depth, a picture on show counts as so much nearer. */
const STAYS_NEAR = 1.06;

/**
 * The rows, most important first, those beyond the pane after all others; the middles of any two are STAYS * spacing_px
 * apart at least, in x or in y, and in depth as many times that as the nearer one is larger.
 */
export function placed({ first, from, shown, scale, room, size, around_px, isDeep, at }: Wish): number[] {
  const clear_px = STAYS * room.spacing_px;
  /** Squares so small that no more than one picture has its middle in each, and how many of them the largest reaches. */
  const square_px = clear_px * (isDeep ? IN_DEPTH.smallest : 1);
  const reach = isDeep ? Math.ceil(IN_DEPTH.largest / IN_DEPTH.smallest) : 1;
  const edge_px = around_px + (room.size_px / 2) * (isDeep ? IN_DEPTH.largest : 1);
  const columns = Math.ceil((size.width + 2 * edge_px) / square_px) + 1;
  const lines = Math.ceil((size.height + 2 * edge_px) / square_px) + 1;
  const held = new Int32Array(columns * lines).fill(-1);
  const xs: number[] = [];
  const ys: number[] = [];
  const sizes: number[] = [];
  const rows: number[] = [];
  const beyond = new Set<number>();
  const known = new Set<number>();

  function put(row: number, place = at(row)): void {
    if (place === null || known.has(row)) return;
    const [x, y, closer] = place;
    const own = sizeSeen(closer);
    const half = (room.size_px / 2) * own;
    const far = Math.max(-x, x - size.width, -y, y - size.height) - half;
    if (!(far < around_px)) return;
    const column = Math.floor((x + edge_px) / square_px);
    const line = Math.floor((y + edge_px) / square_px);
    for (let l = Math.max(0, line - reach); l <= Math.min(lines - 1, line + reach); l++) {
      for (let c = Math.max(0, column - reach); c <= Math.min(columns - 1, column + reach); c++) {
        const other = held[l * columns + c] as number;
        if (other < 0) continue;
        const apart = Math.max(Math.abs((xs[other] as number) - x), Math.abs((ys[other] as number) - y));
        if (apart < clear_px * Math.max(own, sizes[other] as number)) return;
      }
    }
    held[line * columns + column] = rows.length;
    known.add(row);
    rows.push(row);
    if (far >= 0) beyond.add(row);
    xs.push(x);
    ys.push(y);
    sizes.push(own);
  }

  for (const row of first) put(row);
  for (const { rows: may, reach: reaches } of from) {
    const enough = room.spacing_px / scale;
    const near: { row: number; place: readonly [number, number, number]; order: number }[] = [];
    for (let i = 0; i < may.length && rows.length - beyond.size < MOST_PICTURES; i++) {
      const row = may[i] as number;
      const far = reaches[i] as number;
      const stays = shown.has(row);
      if (far < enough && !(far >= STAYS * enough && stays)) continue;
      const place = at(row);
      if (!isDeep) put(row, place);
      else if (place !== null) near.push({ row, place, order: place[2] * (stays ? STAYS_NEAR : 1) });
    }
    near.sort((a, b) => b.order - a.order);
    for (const { row, place } of near) if (rows.length < MOST_PICTURES) put(row, place);
  }
  return [...rows.filter((row) => !beyond.has(row)), ...beyond];
}
