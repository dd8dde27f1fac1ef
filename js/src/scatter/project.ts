/** All positions as the camera sees them, in one pass or in parts between frames. */

import type { Lens } from "./camera";

export interface Seen {
  /** CSS pixels of the pane by row, x and y; NaN at or behind the eye and without a position. */
  readonly places: Float32Array;
  /** Towards the viewer, in data units, by row. */
  readonly depths: Float32Array;
}

export interface Projecting {
  /** Filled row by row. */
  readonly seen: Seen;
  /** Look at up to `count` more rows; true when all were looked at. */
  go(count: number): boolean;
}

/** `seenThrough` of every row; `xy` holds `dims` numbers per row. */
export function project(xy: Float32Array, dims: number, through: Lens): Seen {
  const all = projecting(xy, dims, through);
  all.go(Number.POSITIVE_INFINITY);
  return all.seen;
}

/** The same, in parts. */
export function projecting(xy: Float32Array, dims: number, through: Lens): Projecting {
  const n = Math.floor(xy.length / dims);
  const places = new Float32Array(2 * n);
  const depths = new Float32Array(n);
  const { x, y, z, scale, perspective, left, top } = through;
  const [rx, ry, rz, ux, uy, uz, tx, ty, tz] = through.turn;
  let at = 0;
  function look(first: number, end: number): void {
    for (let row = first, i = first * dims; row < end; row++, i += dims) {
      const dx = (xy[i] as number) - x;
      const dy = (xy[i + 1] as number) - y;
      const dz = (dims === 3 ? (xy[i + 2] as number) : 0) - z;
      const depth = tx * dx + ty * dy + tz * dz;
      const distance = 1 - perspective * depth;
      const pixels = distance > 0 ? scale / distance : Number.NaN;
      places[2 * row] = left + (rx * dx + ry * dy + rz * dz) * pixels;
      places[2 * row + 1] = top - (ux * dx + uy * dy + uz * dz) * pixels;
      depths[row] = distance > 0 ? depth : Number.NaN;
    }
  }
  return {
    seen: { places, depths },
    go(count) {
      const end = Math.min(n, at + count);
      look(at, end);
      at = end;
      return at >= n;
    },
  };
}
