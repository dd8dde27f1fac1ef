/** Where a floating box hides the fewest points. */

import { type Camera, lens, positionOf, type Size, seenThrough } from "../scatter/camera";

export type Corner = "top-left" | "top-right" | "bottom-right";

const SAMPLE = 20_000;

/**
 * The corner where a box of `box` CSS pixels covers the fewest points; the first of `corners` wins a tie.
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
): Corner {
  const step = Math.max(1, Math.floor(xy.length / dims / SAMPLE));
  const covered = corners.map(() => 0);
  const through = lens(camera, size);
  for (let row = 0; row < xy.length / dims; row += step) {
    const [sx, sy] = seenThrough(through, ...positionOf(xy, dims, row));
    corners.forEach((corner, c) => {
      const across = corner === "top-left" ? sx <= box.width : sx >= size.width - box.width;
      const along = corner === "bottom-right" ? sy >= size.height - box.height : sy <= box.height;
      if (across && along) covered[c] = (covered[c] as number) + 1;
    });
  }
  return corners[covered.indexOf(Math.min(...covered))] as Corner;
}
