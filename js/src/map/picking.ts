/** The row under a place of the pane: at once, or in parts between frames where there are very many rows. */

import { lens } from "../scatter/camera";
import { type Seek, seek } from "../scatter/seek";
import type { Store } from "../store";
import type { ViewState } from "./view_state";

/** How near the pointer must be to a point, in CSS pixels. */
const PICK_PX = 8;
/** Rows looked at in one go, on a flat map and in space: some milliseconds on a slow machine. */
const PART = { flat: 1_000_000, deep: 250_000 };

export interface Picking {
  /** The row at (sx, sy), or -1. */
  at(sx: number, sy: number): number;
  /** Tell the row at (sx, sy) as soon as it is known; a newer question takes the place of this one. */
  soon(sx: number, sy: number, found: (row: number) => void): void;
  /** Forget the question under way. */
  cancel(): void;
}

/**
 * @param radius of a point on screen now, in CSS pixels
 * @param pictured the row whose picture is drawn over the points at (sx, sy), or -1
 */
export function picking(
  store: Store,
  view: ViewState,
  radius: () => number,
  pictured: (sx: number, sy: number) => number,
): Picking {
  let frame = 0;
  let timer = 0;
  let last: { seen: readonly unknown[]; row: number } | null = null;

  const isFlat = () => {
    const { yaw, pitch } = view.camera.peek();
    return store.layout.peek()?.dims !== 3 && yaw === 0 && pitch === 0;
  };
  const seenNow = (sx: number, sy: number) => [
    sx,
    sy,
    view.camera.peek(),
    view.size.peek(),
    store.layout.peek(),
    store.hidden.peek(),
  ];
  function begin(sx: number, sy: number): Seek | null {
    const layout = store.layout.peek();
    if (layout === null) return null;
    const place = { sx, sy, reach_px: PICK_PX, disc_px: radius() };
    const through = lens(view.camera.peek(), view.size.peek());
    return seek(layout.xy, layout.dims, through, isFlat(), place, store.hidden.peek()?.bits ?? null);
  }
  function cancel(): void {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  }
  return {
    at(sx, sy) {
      const picture = pictured(sx, sy);
      if (picture >= 0) return picture;
      const seen = seenNow(sx, sy);
      if (last?.seen.every((thing, i) => thing === seen[i])) return last.row;
      const search = begin(sx, sy);
      search?.go(Number.POSITIVE_INFINITY);
      last = { seen, row: search?.row ?? -1 };
      return last.row;
    },
    soon(sx, sy, found) {
      cancel();
      const picture = pictured(sx, sy);
      if (picture >= 0) return found(picture);
      const part = isFlat() ? PART.flat : PART.deep;
      const layout = store.layout.peek();
      const rows = layout === null ? 0 : layout.xy.length / layout.dims;
      let search: Seek | null | undefined;
      function go(): void {
        const seen = seenNow(sx, sy);
        if (search === undefined) search = begin(sx, sy);
        if (search === null || search.go(part)) {
          last = { seen, row: search?.row ?? -1 };
          found(last.row);
        } else timer = window.setTimeout(go);
      }
      if (rows <= part / 5) go();
      else frame = requestAnimationFrame(go);
    },
    cancel,
  };
}
