/** Which points lie in a polygon, or along a path. */

import type { RowMask } from "../store";

/**
 * The rows whose position is inside `polygon` by the even–odd rule; the last corner joins the first.
 *
 * Exact. The polygon's height is cut into slabs that know which edges cross them, so a point is tested
 * against a few edges only, however long the line was drawn.
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
  if (corners < 3 || !(y1 > y0) || !(x1 > x0)) return { n, bits, count };

  const slabs = Math.min(512, Math.max(8, corners));
  const perUnit = slabs / (y1 - y0);
  const slabOf = (y: number) => Math.min(slabs - 1, Math.max(0, Math.floor((y - y0) * perUnit)));
  const edges: number[][] = Array.from({ length: slabs }, () => []);
  for (let c = 0; c < corners; c++) {
    const d = c + 1 === corners ? 0 : c + 1;
    const ax = polygon[2 * c] as number;
    const ay = polygon[2 * c + 1] as number;
    const bx = polygon[2 * d] as number;
    const by = polygon[2 * d + 1] as number;
    if (ay === by) continue;
    const last = slabOf(Math.max(ay, by));
    for (let s = slabOf(Math.min(ay, by)); s <= last; s++) edges[s]?.push(ax, ay, bx, by);
  }
  const slabEdges = edges.map((list) => Float64Array.from(list));

  for (let row = 0, i = 0; row < n; row++, i += dims) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1)) continue;
    const near = slabEdges[slabOf(y)] as Float64Array;
    let inside = false;
    for (let e = 0; e < near.length; e += 4) {
      const ay = near[e + 1] as number;
      const by = near[e + 3] as number;
      if (ay > y === by > y) continue;
      const ax = near[e] as number;
      if (x < ((near[e + 2] as number) - ax) * ((y - ay) / (by - ay)) + ax) inside = !inside;
    }
    if (inside) {
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
      count++;
    }
  }
  return { n, bits, count };
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
