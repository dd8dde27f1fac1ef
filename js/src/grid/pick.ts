/** What a click, a key or a rubber band in the grid selects. */

import { has } from "../bitmask";
import { modeOf } from "../map/mode";
import type { Mode, Order, RowMask } from "../store";

export interface Modifiers {
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
}

export interface Pick {
  readonly rows: ArrayLike<number>;
  readonly mode: Mode;
}

/**
 * A click on `place`. Shift takes everything from `anchor` on, Ctrl or ⌘ on a selected image gives it back.
 *
 * @param anchor place clicked last without shift, -1 for none
 */
export function picked(order: Order, selected: RowMask, place: number, anchor: number, keys: Modifiers): Pick {
  const row = order.at(place);
  const mode = modeOf(keys);
  if (keys.shiftKey && anchor >= 0) return { rows: between(order, anchor, place), mode };
  if (mode === "add" && !keys.shiftKey && has(selected, row)) return { rows: [row], mode: "subtract" };
  return { rows: [row], mode };
}

/** Rows from one place to another, both included. */
export function between(order: Order, a: number, b: number): Uint32Array {
  return order.slice(Math.min(a, b), Math.max(a, b) + 1);
}
