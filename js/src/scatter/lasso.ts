/** Which points lie in a polygon, or along a path. */

import type { RowMask } from "../store";

/** Cells across the polygon's box, and with a frame of two around it: one that edges may come near, one far away. */
const CELLS = 256;
const FRAME = 2;
const SIDE = CELLS + 2 * FRAME;
const OUT = 0;
const IN = 1;
const NEAR_AN_EDGE = 2;

/**
 * The rows whose position is inside `polygon` by the even–odd rule; the last corner joins the first.
 *
 * Exact. The polygon's box is cut into cells; one that no edge comes near is inside or outside as a whole, so most
 * points cost one look and no branch, which is what takes time where points come in any order. The others are tested
 * against the edges of their line of cells only, however long the line was drawn.
 *
 * @param xy dims numbers per row; rows that are not finite are outside
 * @param polygon x0, y0, x1, y1, … in data units
 */
export function rowsInPolygon(xy: Float32Array, dims: number, polygon: ArrayLike<number>): RowMask {
  const n = Math.floor(xy.length / dims);
  const bits = new Uint8Array((n + 7) >> 3);
  const corners = polygon.length >> 1;
  let count = 0;
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < corners; c++) {
    const x = polygon[2 * c] as number;
    const y = polygon[2 * c + 1] as number;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  const across = CELLS / (x1 - x0);
  const along = CELLS / (y1 - y0);
  if (
    corners < 3 ||
    !(across > 0 && across < Number.POSITIVE_INFINITY && along > 0 && along < Number.POSITIVE_INFINITY)
  )
    return { n, bits, count };

  const placeOf = (offset: number, perUnit: number) => Math.max(0, Math.min(SIDE - 1, offset * perUnit + FRAME)) | 0;
  const edges: number[][] = Array.from({ length: SIDE }, () => []);
  const cells = new Uint8Array(SIDE * SIDE);
  for (let c = 0; c < corners; c++) {
    const d = c + 1 === corners ? 0 : c + 1;
    const ax = polygon[2 * c] as number;
    const ay = polygon[2 * c + 1] as number;
    const bx = polygon[2 * d] as number;
    const by = polygon[2 * d + 1] as number;
    const first = placeOf(Math.min(ay, by) - y0, along) - 1;
    const last = placeOf(Math.max(ay, by) - y0, along) + 1;
    // One cell around the edge too: where a point falls is rounded.
    for (let line = first; line <= last; line++) {
      if (ay !== by) edges[line]?.push(ax, ay, bx, by);
      const low = y0 + (line - FRAME - 1) / along;
      const [sx, ex] = stretch(ax, ay, bx, by, low, low + 3 / along);
      const from = Math.max(1, placeOf(sx - x0, across) - 1);
      const to = Math.min(SIDE - 2, placeOf(ex - x0, across) + 1);
      if (line > 0 && line < SIDE - 1) cells.fill(NEAR_AN_EDGE, line * SIDE + from, line * SIDE + to + 1);
    }
  }
  const lineEdges = edges.map((list) => Float64Array.from(list));
  for (let line = FRAME; line < CELLS + FRAME; line++) {
    let state = -1;
    for (let place = FRAME; place < CELLS + FRAME; place++) {
      const cell = line * SIDE + place;
      if (cells[cell] === NEAR_AN_EDGE) state = -1;
      else {
        if (state < 0) {
          const [x, y] = [x0 + (place - FRAME + 0.5) / across, y0 + (line - FRAME + 0.5) / along];
          state = isInside(x, y, lineEdges[line] as Float64Array) ? IN : OUT;
        }
        cells[cell] = state;
      }
    }
  }

  for (let byte = 0, row = 0, i = 0; byte < bits.length; byte++) {
    let found = 0;
    const end = Math.min(n, row + 8);
    for (let bit = 1; row < end; row++, bit <<= 1, i += dims) {
      const x = xy[i] as number;
      const y = xy[i + 1] as number;
      // Not a number becomes cell 0, which is far away.
      const line = Math.max(0, Math.min(SIDE - 1, (y - y0) * along + FRAME)) | 0;
      const place = Math.max(0, Math.min(SIDE - 1, (x - x0) * across + FRAME)) | 0;
      let state = cells[line * SIDE + place] as number;
      if (state === NEAR_AN_EDGE) state = isInside(x, y, lineEdges[line] as Float64Array) ? IN : OUT;
      found |= -state & bit;
      count += state;
    }
    bits[byte] = found;
  }
  return { n, bits, count };
}

/** Whether a ray from (x, y) to the right crosses an odd number of edges. */
function isInside(x: number, y: number, edges: Float64Array): boolean {
  let inside = false;
  for (let e = 0; e < edges.length; e += 4) {
    const ay = edges[e + 1] as number;
    const by = edges[e + 3] as number;
    if (ay > y === by > y) continue;
    const ax = edges[e] as number;
    if (x < ((edges[e + 2] as number) - ax) * ((y - ay) / (by - ay)) + ax) inside = !inside;
  }
  return inside;
}

/** The least and the most x of an edge between two heights. */
function stretch(ax: number, ay: number, bx: number, by: number, low: number, high: number): [number, number] {
  if (ay === by) return [Math.min(ax, bx), Math.max(ax, bx)];
  const xAt = (y: number) => ax + (bx - ax) * Math.min(1, Math.max(0, (y - ay) / (by - ay)));
  const [p, q] = [xAt(low), xAt(high)];
  return [Math.min(p, q), Math.max(p, q)];
}

/**
 * The rows of `before`, and those within `radius` of a path: what a round brush drawn along it touches.
 *
 * @param path x0, y0, x1, y1, … in data units; one place is a dab
 */
export function rowsAlong(
  xy: Float32Array,
  dims: number,
  path: ArrayLike<number>,
  radius: number,
  before: RowMask,
): RowMask {
  const { n } = before;
  const bits = before.bits.slice();
  const places = path.length >> 1;
  let { count } = before;
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < places; p++) {
    x0 = Math.min(x0, (path[2 * p] as number) - radius);
    x1 = Math.max(x1, (path[2 * p] as number) + radius);
    y0 = Math.min(y0, (path[2 * p + 1] as number) - radius);
    y1 = Math.max(y1, (path[2 * p + 1] as number) + radius);
  }
  for (let row = 0, i = 0; row < n; row++, i += dims) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1)) continue;
    if ((bits[row >> 3] as number) & (1 << (row & 7))) continue;
    if (!isNear(path, places, radius, x, y)) continue;
    bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    count++;
  }
  return { n, bits, count };
}

function isNear(path: ArrayLike<number>, places: number, radius: number, x: number, y: number): boolean {
  for (let p = Math.min(1, places - 1); p < places; p++) {
    const from = Math.max(0, p - 1);
    const ax = path[2 * from] as number;
    const ay = path[2 * from + 1] as number;
    const dx = (path[2 * p] as number) - ax;
    const dy = (path[2 * p + 1] as number) - ay;
    const length = dx * dx + dy * dy;
    const share = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    const [ex, ey] = [x - ax - share * dx, y - ay - share * dy];
    if (ex * ex + ey * ey <= radius * radius) return true;
  }
  return false;
}
