/** Where the rows are for a gesture: in the plane of a flat map, or on the pane when the map is turned. */

import { type Camera, type Lens, lens, type Size, seenThrough, toData } from "../scatter/camera";
import { rowsAlong, rowsInPolygon } from "../scatter/lasso";
import type { Layout, RowMask } from "../store";

/** Rows and places in one plane. Places are asked for in CSS pixels of the pane. */
export interface Field {
  /** The rows inside an outline given as x0, y0, x1, y1, …; without corners none. */
  inside(outline: readonly number[]): RowMask;
  /** The rows of `before` and those within `radius` of a path. */
  along(path: readonly number[], radius: number, before: RowMask): RowMask;
}

/** The field of a layout as the camera shows it now; made once per gesture. */
export function fieldOf(layout: Layout, camera: Camera, size: Size): Field {
  const isFlat = layout.dims === 2 && camera.yaw === 0 && camera.pitch === 0;
  const xy = isFlat ? layout.xy : onPane(layout, lens(camera, size));
  const scale = isFlat ? camera.scale : 1;
  const placed = (places: readonly number[]) => {
    if (!isFlat) return places;
    const data: number[] = [];
    for (let c = 0; c + 1 < places.length; c += 2) {
      const [x, y] = toData(camera, size, places[c] as number, places[c + 1] as number);
      data.push(x, y);
    }
    return data;
  };
  return {
    inside: (outline) => rowsInPolygon(xy, 2, placed(outline)),
    along: (path, radius, before) => rowsAlong(xy, 2, placed(path), radius / scale, before),
  };
}

/** CSS pixels of every row, NaN where it is not seen: (2n) float32. */
function onPane({ xy, dims }: Layout, through: Lens): Float32Array {
  const n = Math.floor(xy.length / dims);
  const places = new Float32Array(2 * n);
  for (let row = 0, i = 0; row < n; row++, i += dims) {
    const z = dims === 3 ? (xy[i + 2] as number) : 0;
    const [sx, sy] = seenThrough(through, xy[i] as number, xy[i + 1] as number, z);
    places[2 * row] = sx;
    places[2 * row + 1] = sy;
  }
  return places;
}
