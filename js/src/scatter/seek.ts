/**
 * The point under a place on the pane, by looking at every row.
 *
 * No index is kept: looking takes some milliseconds for a million rows, costs no memory and is right at once after the
 * camera turned. Of many more rows a part can be looked at at a time, so that no frame has to wait; and what was gathered
 * around one place serves for others nearby, and what was gathered widely for what is gathered narrowly.
 */

import { type Lens, seenThrough } from "./camera";

export interface Place {
  /** CSS pixels of the pane. */
  readonly sx: number;
  readonly sy: number;
  /** How far from it a point may be. */
  readonly reach_px: number;
  /** Radius of a drawn point at the middle's distance: of the points drawn over the place the front-most is taken. */
  readonly disc_px: number;
}

export interface Gathering {
  /** Rows found so far, ascending. */
  readonly rows: readonly number[];
  /** Look at up to `count` more rows; true when all were looked at. */
  go(count: number): boolean;
}

/**
 * The rows that `foremost` may choose from at a place, or at another as near to it as `reach_px` is larger there.
 *
 * @param xy `dims` numbers per row; rows that are not finite are not found
 * @param flat whether the camera looks straight on at a layout of dims 2
 * @param among what has all of them, gathered for the same lens; else all rows are looked at
 */
export function gather(
  xy: Float32Array,
  dims: number,
  through: Lens,
  flat: boolean,
  place: Place,
  among: Gathering | null = null,
): Gathering {
  const rows: number[] = [];
  const some = among?.rows ?? null;
  const look = flat ? lookFlat(xy, some, through, place, rows) : lookDeep(xy, dims, some, through, place, rows);
  let at = 0;
  return {
    rows,
    go(count) {
      if (among?.go(count) === false) return false;
      const n = some?.length ?? Math.floor(xy.length / dims);
      const end = Math.min(n, at + count);
      look(at, end);
      at = end;
      return at >= n;
    },
  };
}

/**
 * Of `rows` the one whose point is drawn over the place, in front of others; else the nearest within reach; else -1. The
 * first wins a tie. On a flat map nothing is in front, and the nearest is taken.
 *
 * @param hidden rows left out, as bits; null leaves out none
 */
export function foremost(
  rows: readonly number[],
  xy: Float32Array,
  dims: number,
  through: Lens,
  flat: boolean,
  { sx, sy, reach_px, disc_px }: Place,
  hidden: Uint8Array | null,
): number {
  let best = -1;
  let bestSquare = reach_px * reach_px;
  let isOver = false;
  let front = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    if (hidden !== null && ((hidden[row >> 3] as number) >> (row & 7)) & 1) continue;
    const z = dims === 3 ? (xy[row * dims + 2] as number) : 0;
    const [px, py, depth, closer] = seenThrough(through, xy[row * dims] as number, xy[row * dims + 1] as number, z);
    const square = (px - sx) * (px - sx) + (py - sy) * (py - sy);
    if (!flat && square <= (disc_px * closer) ** 2) {
      if (isOver && depth <= front) continue;
      isOver = true;
      front = depth;
      best = row;
    } else if (!isOver && (square < bestSquare || (square === bestSquare && best < 0))) {
      best = row;
      bestSquare = square;
    }
  }
  return best;
}

type Some = readonly number[] | null;

function lookFlat(xy: Float32Array, some: Some, through: Lens, { sx, sy, reach_px }: Place, rows: number[]) {
  const x = through.x + (sx - through.left) / through.scale;
  const y = through.y - (sy - through.top) / through.scale;
  /** A little more, as screen and data positions are rounded apart. */
  const reach = (reach_px * 1.001) / through.scale;
  return (first: number, end: number) => {
    const [places, among] = [xy, some];
    const middle = x;
    for (let at = first; at < end; at++) {
      const row = among === null ? at : (among[at] as number);
      if (Math.abs((places[2 * row] as number) - middle) > reach) continue;
      if (Math.abs((places[2 * row + 1] as number) - y) <= reach) rows.push(row);
    }
  };
}

function lookDeep(
  xy: Float32Array,
  dims: number,
  some: Some,
  through: Lens,
  { sx, sy, reach_px, disc_px }: Place,
  rows: number[],
) {
  const { scale, perspective, turn } = through;
  const right = sx - through.left;
  const up = through.top - sy;
  /** What is linear in a row's position: factors of x, y and z, and the constant. */
  const linear = (x: number, y: number, z: number, constant: number) =>
    [x, y, z, constant - x * through.x - y * through.y - z * through.z] as const;
  const [tx, ty, tz] = [perspective * turn[6], perspective * turn[7], perspective * turn[8]];
  const distance = linear(-tx, -ty, -tz, 1);
  // The pixels from the place to a point, times the point's distance; its disc is disc_px, times its distance, wide.
  const across = linear(
    scale * turn[0] + right * tx,
    scale * turn[1] + right * ty,
    scale * turn[2] + right * tz,
    -right,
  );
  const along = linear(scale * turn[3] + up * tx, scale * turn[4] + up * ty, scale * turn[5] + up * tz, -up);
  return (first: number, end: number) => {
    const [places, among] = [xy, some];
    const step = dims;
    const wide = reach_px * 1.001;
    const [ax, ay, az, a0] = across;
    const [bx, by, bz, b0] = along;
    const [cx, cy, cz, c0] = distance;
    for (let at = first; at < end; at++) {
      const row = among === null ? at : (among[at] as number);
      const i = step * row;
      const px = places[i] as number;
      const py = places[i + 1] as number;
      const pz = step === 3 ? (places[i + 2] as number) : 0;
      const reach = wide * (c0 + cx * px + cy * py + cz * pz) + disc_px;
      const off = a0 + ax * px + ay * py + az * pz;
      if (off > reach || off < -reach) continue;
      if (Math.abs(b0 + bx * px + by * py + bz * pz) <= reach) rows.push(row);
    }
  };
}
