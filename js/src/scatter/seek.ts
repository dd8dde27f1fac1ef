/**
 * The point under a place on the pane, by looking at every row.
 *
 * No index is kept: looking takes a few milliseconds for a million rows, costs no memory and is right at once after the
 * camera turned. Of many more rows a part can be looked at at a time, so that no frame has to wait.
 */

import { type Lens, seenThrough } from "./camera";

export interface Seek {
  /** The row found so far, -1 for none. */
  readonly row: number;
  /** Look at up to `count` more rows; true when all were looked at. */
  go(count: number): boolean;
}

export interface Place {
  /** CSS pixels of the pane. */
  readonly sx: number;
  readonly sy: number;
  /** How far from it a point may be. */
  readonly reach_px: number;
  /** Radius of a drawn point at the middle's distance: of the points drawn over the place the front-most is taken. */
  readonly disc_px: number;
}

/**
 * The row whose point is drawn over the place, in front of others; else the nearest within reach. The lowest row wins a
 * tie. On a flat map nothing is in front, and the nearest is taken.
 *
 * @param xy `dims` numbers per row; rows that are not finite are not found
 * @param flat whether the camera looks straight on at a layout of dims 2
 * @param hidden rows left out, as bits; null leaves out none
 */
export function seek(
  xy: Float32Array,
  dims: number,
  through: Lens,
  flat: boolean,
  place: Place,
  hidden: Uint8Array | null,
): Seek {
  const n = Math.floor(xy.length / dims);
  const isHidden = (row: number) => hidden !== null && (((hidden[row >> 3] as number) >> (row & 7)) & 1) === 1;
  return flat ? seekFlat(xy, n, through, place, isHidden) : seekDeep(xy, dims, n, through, place, isHidden);
}

function seekFlat(
  xy: Float32Array,
  n: number,
  through: Lens,
  { sx, sy, reach_px }: Place,
  isHidden: (row: number) => boolean,
): Seek {
  const x = through.x + (sx - through.left) / through.scale;
  const y = through.y - (sy - through.top) / through.scale;
  const reach = reach_px / through.scale;
  let best = -1;
  let bestSquare = reach * reach;
  let at = 0;

  function look(row: number): void {
    const dx = (xy[2 * row] as number) - x;
    const dy = (xy[2 * row + 1] as number) - y;
    const square = dx * dx + dy * dy;
    if (!(square < bestSquare || (square === bestSquare && best < 0)) || isHidden(row)) return;
    best = row;
    bestSquare = square;
  }
  return {
    get row() {
      return best;
    },
    go(count) {
      const end = Math.min(n, at + count);
      const places = xy;
      const middle = x;
      for (let row = at; row < end; row++) {
        if (Math.abs((places[2 * row] as number) - middle) <= reach) look(row);
      }
      at = end;
      return at >= n;
    },
  };
}

function seekDeep(
  xy: Float32Array,
  dims: number,
  n: number,
  through: Lens,
  { sx, sy, reach_px, disc_px }: Place,
  isHidden: (row: number) => boolean,
): Seek {
  const widest_px = Math.max(reach_px, disc_px);
  const { scale, perspective, turn } = through;
  const right = sx - through.left;
  const up = through.top - sy;
  /** What is linear in a row's position: factors of x, y and z, and the constant. */
  const linear = (x: number, y: number, z: number, constant: number) =>
    [x, y, z, constant - x * through.x - y * through.y - z * through.z] as const;
  const [tx, ty, tz] = [perspective * turn[6], perspective * turn[7], perspective * turn[8]];
  const distance = linear(-tx, -ty, -tz, 1);
  // A point is within reach of the place when |across| and |along|, its pixels from there times its distance, are at
  // most reach times its distance; what is nearer than the middle is drawn larger, which the 1 allows for.
  const across = linear(
    scale * turn[0] + right * tx,
    scale * turn[1] + right * ty,
    scale * turn[2] + right * tz,
    -right,
  );
  const along = linear(scale * turn[3] + up * tx, scale * turn[4] + up * ty, scale * turn[5] + up * tz, -up);
  let best = -1;
  let bestSquare = reach_px * reach_px;
  let isOver = false;
  let front = Number.NEGATIVE_INFINITY;
  let at = 0;

  function look(row: number): void {
    const z = dims === 3 ? (xy[row * dims + 2] as number) : 0;
    const [px, py, depth, closer] = seenThrough(through, xy[row * dims] as number, xy[row * dims + 1] as number, z);
    const square = (px - sx) * (px - sx) + (py - sy) * (py - sy);
    const disc = disc_px * closer;
    if (square <= disc * disc) {
      if ((isOver && !(depth > front)) || isHidden(row)) return;
      isOver = true;
      front = depth;
      best = row;
    } else if (!isOver && (square < bestSquare || (square === bestSquare && best < 0)) && !isHidden(row)) {
      best = row;
      bestSquare = square;
    }
  }
  return {
    get row() {
      return best;
    },
    go(count) {
      const end = Math.min(n, at + count);
      const places = xy;
      const step = dims;
      const [ax, ay, az, a0] = across;
      const [bx, by, bz, b0] = along;
      const [cx, cy, cz, c0] = distance;
      for (let row = at, i = at * step; row < end; row++, i += step) {
        const px = places[i] as number;
        const py = places[i + 1] as number;
        const pz = step === 3 ? (places[i + 2] as number) : 0;
        const reach = widest_px * Math.max(1, c0 + cx * px + cy * py + cz * pz);
        const off = a0 + ax * px + ay * py + az * pz;
        if (off > reach || off < -reach) continue;
        if (Math.abs(b0 + bx * px + by * py + bz * pz) <= reach) look(row);
      }
      at = end;
      return at >= n;
    },
  };
}
