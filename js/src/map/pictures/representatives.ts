/** Which rows may show their picture, and from which closeness on. */

import { positionOf } from "../../scatter/camera";
import { type Cells, rankOf } from "./candidates";
import { cellCount, cellOf, type Frame, stepOf } from "./frames";

/**
 * Rows in order of importance. Row i's picture is shown while pictures stand no more than reach[i] data units apart:
 * two that are both shown at a spacing are at least that far apart along one axis, and coming closer only adds.
 */
export interface Representatives {
  readonly rows: Uint32Array;
  readonly reach: Float64Array;
}

/** As far as the reach of a level's rows is told, in cells: twice its spacing. With depth only its spacing. */
const AROUND = { flat: 4, deep: 2 };
/** Of a level's candidates those far from all others come first, in so many spacings: the map fills evenly on the way in. */
const STEPS = [2 ** (3 / 4), 2 ** (2 / 4), 2 ** (1 / 4), 1];

const CANDIDATES_AT_ONCE = 128;
const CELLS_AT_ONCE = 65_536;

/**
 * Level by level, coarse to fine: those of the level before stay, others join where there is room, in rank order. In pieces: it can be left
 * at every one.
 *
 * @param xy dims numbers per row
 * @param cells the candidates of each frame
 */
export function* representatives(
  xy: Float32Array,
  dims: number,
  frames: readonly Frame[],
  cells: Cells,
): Generator<void, Representatives> {
  const rows: number[] = [];
  const reach: number[] = [];
  const known = new Set<number>();
  for (const [level, frame] of frames.entries()) {
    const { spacing, cell: wide, axes } = frame;
    const [across, up, deep] = axes;
    const isFlat = deep.count === 1;
    const around = isFlat ? AROUND.flat : AROUND.deep;
    /** Chosen rows by cell; there is no room for two in one. */
    const taken = new Int32Array(cellCount(frame)).fill(-1);
    for (const row of rows) {
      const cell = cellOf(frame, ...positionOf(xy, dims, row));
      if (cell >= 0) taken[cell] = row;
    }
    yield;
    const byRank = new Map<number, number>();
    const table = cells[level] as Int32Array;
    for (let at = 0; at < table.length; at++) {
      if (at % CELLS_AT_ONCE === CELLS_AT_ONCE - 1) yield;
      const row = table[at] as number;
      if (row >= 0 && !known.has(row)) byRank.set(rankOf(row), row);
    }
    yield;
    let candidates = Array.from(Uint32Array.from(byRank.keys()).sort(), (rank) => byRank.get(rank) as number);
    let looked = 0;
    for (const step of STEPS) {
      const left: number[] = [];
      for (const row of candidates) {
        if (++looked % CANDIDATES_AT_ONCE === 0) yield;
        const [x, y, z] = positionOf(xy, dims, row);
        const nearest = Math.min(apart(x, y, z), level === 0 ? Number.POSITIVE_INFINITY : 2 * spacing);
        if (nearest < step * spacing) {
          if (nearest >= spacing) left.push(row);
          continue;
        }
        taken[cellOf(frame, x, y, z)] = row;
        known.add(row);
        rows.push(row);
        reach.push(nearest);
      }
      candidates = left;
    }

    /** How far the nearest chosen row is, told as far as it matters. */
    function apart(x: number, y: number, z: number): number {
      const [column, line, layer] = [stepOf(across, wide, x), stepOf(up, wide, y), isFlat ? 0 : stepOf(deep, wide, z)];
      const [left, right] = [Math.max(0, column - around), Math.min(across.count - 1, column + around)];
      const lastLine = Math.min(up.count - 1, line + around);
      const lastLayer = Math.min(deep.count - 1, layer + around);
      let nearest = Number.POSITIVE_INFINITY;
      for (let c = Math.max(0, layer - around); c <= lastLayer; c++) {
        for (let b = Math.max(0, line - around); b <= lastLine && nearest >= spacing; b++) {
          const begin = (c * up.count + b) * across.count;
          for (let at = begin + left; at <= begin + right; at++) {
            const other = taken[at] as number;
            if (other < 0) continue;
            const dx = Math.abs((xy[other * dims] as number) - x);
            const dy = Math.abs((xy[other * dims + 1] as number) - y);
            const dz = isFlat ? 0 : Math.abs((xy[other * dims + 2] as number) - z);
            nearest = Math.min(nearest, Math.max(dx, dy, dz));
          }
        }
      }
      return nearest;
    }
  }
  return { rows: Uint32Array.from(rows), reach: Float64Array.from(reach) };
}
