/** Where the rows are for a gesture: in the plane of a flat map, or on the pane when the map is turned. */

import { type Camera, type Lens, lens, type Size, toData } from "../scatter/camera";
import { inFront } from "../scatter/front";
import { rowsAlong, rowsInPolygon } from "../scatter/lasso";
import { projecting } from "../scatter/project";
import type { Layout, RowMask } from "../store";

/** Rows and places in one plane. Places are asked for in CSS pixels of the pane. */
export interface Field {
  /** Look at up to `count` more rows beforehand; true when all were looked at. What is asked before that looks at the rest at once. */
  go(count: number): boolean;
  /** The rows inside an outline given as x0, y0, x1, y1, …; without corners none. */
  inside(outline: readonly number[]): RowMask;
  /** The rows of `before` and those within `radius` of a path. */
  along(path: readonly number[], radius: number, before: RowMask): RowMask;
}

/** Points this near to each other on the pane hide each other, in CSS pixels. */
const SPOT_PX = 7;

/**
 * The field of a layout as the camera shows it now; made once per gesture.
 *
 * @param front when the map is turned, leave out what lies behind other points; `hidden` rows hide nothing
 */
export function fieldOf(
  layout: Layout,
  camera: Camera,
  size: Size,
  front: { readonly hidden: RowMask | null } | null = null,
): Field {
  const isFlat = layout.dims === 2 && camera.yaw === 0 && camera.pitch === 0;
  const seen = isFlat ? null : onPane(layout, lens(camera, size), front);
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
    go: (count) => seen === null || seen.go(count),
    inside: (outline) => rowsInPolygon(seen?.xy() ?? layout.xy, 2, placed(outline)),
    along: (path, radius, before) => rowsAlong(seen?.xy() ?? layout.xy, 2, placed(path), radius / scale, before),
  };
}

/** CSS pixels of every row, NaN where it is not seen: (2n) float32, `xy` once all are looked at. */
function onPane(layout: Layout, through: Lens, front: { readonly hidden: RowMask | null } | null) {
  const { seen, go } = projecting(layout.xy, layout.dims, through);
  const { places, depths } = seen;
  let isWhole = false;
  return {
    go,
    xy(): Float32Array {
      if (isWhole) return places;
      isWhole = go(Number.POSITIVE_INFINITY);
      if (front === null) return places;
      const bits = inFront(places, depths, SPOT_PX, front.hidden?.bits ?? null);
      for (let row = 0; row < depths.length; row++) {
        if ((((bits[row >> 3] as number) >> (row & 7)) & 1) === 0) places[2 * row] = Number.NaN;
      }
      return places;
    },
  };
}
