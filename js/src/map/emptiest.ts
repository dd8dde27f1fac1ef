/** Where a floating box hides the fewest points. */

import { type Camera, lens, positionOf, type Size, seenThrough } from "../scatter/camera";

export type Corner = "top-left" | "top-right" | "bottom-right";

const SAMPLE = 20_000;

export interface Emptiest {
  readonly corner: Corner;
  /** How many of the points in the pane the box covers there, 0…1. */
  readonly covers: number;
}

/**
 * The first of `corners` where a box of `box` CSS pixels covers no more than `few` of the points in the pane, else the one
 * where it covers the fewest.
 *
 * @param xy dims numbers per row; of many rows an even sample is counted
 */
export function emptiestCorner(
  xy: Float32Array,
  dims: number,
  camera: Camera,
  size: Size,
  box: Size,
  corners: readonly Corner[],
  few = 0,
): Emptiest {
  const step = Math.max(1, Math.floor(xy.length / dims / SAMPLE));
  const covered = corners.map(() => 0);
  let seen = 0;
  const through = lens(camera, size);
  for (let row = 0; row < xy.length / dims; row += step) {
    const [sx, sy] = seenThrough(through, ...positionOf(xy, dims, row));
    if (!(sx >= 0 && sx <= size.width && sy >= 0 && sy <= size.height)) continue;
    seen++;
    corners.forEach((corner, c) => {
      const across = corner === "top-left" ? sx <= box.width : sx >= size.width - box.width;
      const along = corner === "bottom-right" ? sy >= size.height - box.height : sy <= box.height;
      if (across && along) covered[c] = (covered[c] as number) + 1;
    });
  }
  const enough = Math.max(few * seen, Math.min(...covered));
  const at = covered.findIndex((count) => count <= enough);
  return { corner: corners[at] as Corner, covers: (covered[at] as number) / Math.max(1, seen) };
}
