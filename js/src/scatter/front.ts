/** What is in front: of the points that fall on one spot of the pane, those near the foremost of them. */

/** How far behind the foremost a point may lie and still be in front, as a share of the depth of all that is seen. */
const THICK = 0.06;

/**
 * The rows that are not hidden behind others, as bits.
 *
 * The pane is cut into square cells; a row is in front when no point of its cell lies much nearer to the viewer. Rows
 * that are filtered out hide nothing.
 *
 * @param places CSS pixels by row, x and y; NaN where a row is not seen
 * @param depths towards the viewer, by row
 * @param cell_px about the size of a drawn point
 * @param hidden rows filtered out, as bits
 */
export function inFront(
  places: Float32Array,
  depths: Float32Array,
  cell_px: number,
  hidden: Uint8Array | null,
): Uint8Array {
  const n = depths.length;
  let [x0, y0, x1, y1] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  let nearest = Number.NEGATIVE_INFINITY;
  let farthest = Number.POSITIVE_INFINITY;
  const isHidden = (row: number) => hidden !== null && (((hidden[row >> 3] as number) >> (row & 7)) & 1) === 1;
  const onPane = (row: number) =>
    Math.abs(places[2 * row] as number) < FAR_PX && Math.abs(places[2 * row + 1] as number) < FAR_PX;
  for (let row = 0; row < n; row++) {
    if (!onPane(row) || isHidden(row)) continue;
    x0 = Math.min(x0, places[2 * row] as number);
    x1 = Math.max(x1, places[2 * row] as number);
    y0 = Math.min(y0, places[2 * row + 1] as number);
    y1 = Math.max(y1, places[2 * row + 1] as number);
    nearest = Math.max(nearest, depths[row] as number);
    farthest = Math.min(farthest, depths[row] as number);
  }
  const bits = new Uint8Array((n + 7) >> 3);
  if (!(nearest >= farthest)) return bits;
  const columns = Math.floor((x1 - x0) / cell_px) + 1;
  const cellOf = (row: number) =>
    Math.floor(((places[2 * row + 1] as number) - y0) / cell_px) * columns +
    Math.floor(((places[2 * row] as number) - x0) / cell_px);
  const front = new Float32Array(columns * (Math.floor((y1 - y0) / cell_px) + 1)).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < n; row++) {
    if (!onPane(row) || isHidden(row)) continue;
    const cell = cellOf(row);
    front[cell] = Math.max(front[cell] as number, depths[row] as number);
  }
  const thick = THICK * (nearest - farthest);
  for (let row = 0; row < n; row++) {
    if (!onPane(row) || isHidden(row)) continue;
    if ((depths[row] as number) >= (front[cellOf(row)] as number) - thick)
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  }
  return bits;
}

/** Nothing farther off the pane than this is looked at. */
const FAR_PX = 8192;
