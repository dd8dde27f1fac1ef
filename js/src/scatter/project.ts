/** All positions as the camera sees them, in one pass. */

import type { Lens } from "./camera";

export interface Seen {
  /** CSS pixels of the pane by row, x and y; NaN at or behind the eye and without a position. */
  readonly places: Float32Array;
  /** Towards the viewer, in data units, by row. */
  readonly depths: Float32Array;
}

/** `seenThrough` of every row; `xy` holds `dims` numbers per row. */
export function project(xy: Float32Array, dims: number, through: Lens): Seen {
  const n = Math.floor(xy.length / dims);
  const places = new Float32Array(2 * n);
  const depths = new Float32Array(n);
  const { x, y, z, scale, perspective, left, top } = through;
  const [rx, ry, rz, ux, uy, uz, tx, ty, tz] = through.turn;
  for (let row = 0, i = 0; row < n; row++, i += dims) {
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
  return { places, depths };
}
