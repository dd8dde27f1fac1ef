/** Whether pictures that are drawn need not be drawn anew, only moved: those of a flat map that is dragged. */

import { aroundOf } from "../../scatter/pictures";
import { isAlike, type Shown } from "./paint";

/** Device pixels. */
export interface Moved {
  readonly right: number;
  readonly down: number;
}

const STILL: Moved = { right: 0, down: 0 };

/** The pane, and how far beyond it on each side pictures are drawn. Device pixels, as is `line`. */
export interface Area {
  readonly width: number;
  readonly height: number;
  readonly around: number;
  readonly line: number;
}

/**
 * How far all that is drawn has to be moved to show `now` on the pane; null where one of them would be missing, cut off,
 * too many or at another place.
 *
 * @param drawn the pictures as they were drawn
 */
export function movedTo(drawn: readonly Shown[], now: readonly Shown[], area: Area): Moved | null {
  const { width, height, around, line } = area;
  /** Whether any of it, moved, is on the pane. */
  const isSeen = (one: Shown, { right, down }: Moved) => {
    const out = aroundOf(one, line);
    const [left, top] = [one.left + right - out, one.top + down - out];
    return left < width && top < height && left + one.width + 2 * out > 0 && top + one.height + 2 * out > 0;
  };
  /** Whether nothing of it was cut off. */
  const isWhole = (one: Shown) => {
    const out = aroundOf(one, line) - around;
    return (
      one.left >= out && one.top >= out && one.left + one.width + out <= width && one.top + one.height + out <= height
    );
  };
  const byRow = new Map(drawn.map((one) => [one.row, one]));
  const known = new Set<number>();
  let moved: Moved | null = null;
  for (const one of now) {
    if (!isSeen(one, STILL)) continue;
    const was = byRow.get(one.row);
    if (was === undefined || !isAlike(was, one)) return null;
    const { right, down }: Moved = { right: one.left - was.left, down: one.top - was.top };
    moved ??= { right, down };
    if (moved.right !== right || moved.down !== down) return null;
    if ((right !== 0 || down !== 0) && !isWhole(was)) return null;
    known.add(one.row);
  }
  moved ??= STILL;
  return drawn.some((one) => !known.has(one.row) && isSeen(one, moved)) ? null : moved;
}
