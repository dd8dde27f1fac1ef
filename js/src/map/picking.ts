/** The row under a place of the pane: at once, or in parts between frames where there are very many rows. */

import { lens } from "../scatter/camera";
import { foremost, type Gathering, gather } from "../scatter/seek";
import type { Store } from "../store";
import type { ViewState } from "./view_state";

/** How near the pointer must be to a point, in CSS pixels. */
const PICK_PX = 8;
/**
 * What is gathered around one place serves while the pointer stays so near to it: few rows while it rests, and more for
 * one that travels. To look at a million rows takes some milliseconds, which a hand that passes would cost in every frame.
 */
const ROAM_PX = { narrow: 20, wide: 80 };
/** Rows looked at in one go, on a flat map and in space: some milliseconds on a slow machine. */
const PART = { flat: 1_000_000, deep: 250_000 };

export interface Picking {
  /** The row at (sx, sy), or -1. */
  at(sx: number, sy: number): number;
  /** Tell the row at (sx, sy) as soon as it is known; a newer question takes the place of this one. */
  soon(sx: number, sy: number, found: (row: number) => void): void;
  /** The same for a click: no later question takes its place, and it is of the picture at this moment. */
  surely(sx: number, sy: number, found: (row: number) => void): void;
  /** Forget the question of `soon` under way. */
  cancel(): void;
  dispose(): void;
}

interface Around {
  readonly sx: number;
  readonly sy: number;
  /** Camera, size and layout it was gathered for. */
  readonly seen: readonly unknown[];
  readonly rows: Gathering;
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
  let isOver = false;
  let narrow: Around | null = null;
  let wide: Around | null = null;

  const isFlat = () => {
    const { yaw, pitch } = view.camera.peek();
    return store.layout.peek()?.dims !== 3 && yaw === 0 && pitch === 0;
  };

  /** What is gathered already, begun anew where that is for another place or another picture. */
  function near(sx: number, sy: number): Around | null {
    const layout = store.layout.peek();
    if (layout === null) return null;
    const seen = [view.camera.peek(), view.size.peek(), layout, radius()];
    const serves = (there: Around | null, roam_px: number): there is Around =>
      there?.seen.every((thing, i) => thing === seen[i]) === true &&
      Math.hypot(sx - there.sx, sy - there.sy) <= roam_px;
    const place = (roam_px: number) => ({ sx, sy, reach_px: PICK_PX + roam_px, disc_px: radius() });
    const through = lens(view.camera.peek(), view.size.peek());
    const { xy, dims } = layout;
    if (serves(narrow, ROAM_PX.narrow)) return narrow;
    if (!serves(wide, ROAM_PX.wide)) {
      wide = { sx, sy, seen, rows: gather(xy, dims, through, isFlat(), place(ROAM_PX.narrow + ROAM_PX.wide)) };
    }
    narrow = { sx, sy, seen, rows: gather(xy, dims, through, isFlat(), place(ROAM_PX.narrow), wide.rows) };
    return narrow;
  }

  /** What tells the row at (sx, sy) in the picture of this moment, once all around it is gathered. */
  function picker(sx: number, sy: number): (around: Around) => number {
    const layout = store.layout.peek();
    if (layout === null) return () => -1;
    const place = { sx, sy, reach_px: PICK_PX, disc_px: radius() };
    const through = lens(view.camera.peek(), view.size.peek());
    const flat = isFlat();
    const hidden = store.hidden.peek()?.bits ?? null;
    return (around) => {
      // Where points are dense tens of thousands are near, and the loop of `gather` is much faster than the rule.
      const few = gather(layout.xy, layout.dims, through, flat, place, around.rows);
      few.go(Number.POSITIVE_INFINITY);
      return foremost(few.rows, layout.xy, layout.dims, through, flat, place, hidden);
    };
  }

  function cancel(): void {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  }

  return {
    at(sx, sy) {
      const picture = pictured(sx, sy);
      if (picture >= 0) return picture;
      const here = near(sx, sy);
      if (here === null) return -1;
      here.rows.go(Number.POSITIVE_INFINITY);
      return picker(sx, sy)(here);
    },
    surely(sx, sy, found) {
      const picture = pictured(sx, sy);
      if (picture >= 0) return found(picture);
      const here = near(sx, sy);
      if (here === null) return found(-1);
      const pick = picker(sx, sy);
      const part = isFlat() ? PART.flat : PART.deep;
      function go(there: Around): void {
        if (isOver) return;
        if (there.rows.go(part)) found(pick(there));
        else setTimeout(go, 0, there);
      }
      go(here);
    },
    soon(sx, sy, found) {
      cancel();
      const picture = pictured(sx, sy);
      if (picture >= 0) return found(picture);
      const part = isFlat() ? PART.flat : PART.deep;
      const layout = store.layout.peek();
      const rows = layout === null ? 0 : layout.xy.length / layout.dims;
      function go(): void {
        const here = near(sx, sy);
        if (here === null) found(-1);
        else if (here.rows.go(part)) found(picker(sx, sy)(here));
        else timer = window.setTimeout(go);
      }
      if (rows <= part / 5) go();
      else frame = requestAnimationFrame(go);
    },
    cancel,
    dispose() {
      isOver = true;
      cancel();
    },
  };
}
