/** The widget over the whole window, and back in its place. */

import { effect } from "@preact/signals";
import type { View } from "./view";

/**
 * The top layer is used because notebooks clip and transform the elements around a widget, and `position: fixed`
 * would be fixed to one of those.
 */
export function fullWindow({ root, full }: View): () => void {
  const close = effect(() => {
    const on = full.value;
    root.classList.toggle("pt-full", on);
    if (typeof root.showPopover !== "function" || !root.isConnected) return;
    if (on) {
      root.popover = "manual";
      root.showPopover();
    } else if (root.popover !== null) {
      root.hidePopover();
      root.popover = null;
    }
  });
  return close;
}
