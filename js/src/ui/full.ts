/** The widget over the whole window, and back in its place. */

import { effect } from "@preact/signals";
import { type Filling, grow } from "./grow";
import { followSeen } from "./seen";
import type { View } from "./view";

export function fullWindow({ root, full }: View): () => void {
  let leave = () => {};
  const close = effect(() => {
    leave();
    leave = full.value ? fill(root) : () => {};
  });
  return () => {
    close();
    leave();
  };
}

function fill(root: HTMLElement): () => void {
  let filling: Filling | null = null;
  const stop = followSeen((seen) => {
    filling ??= seen === null ? cover(root) : grow(root);
    if (seen !== null) filling.fit(seen);
  });
  return () => {
    stop();
    filling?.leave();
  };
}

/**
 * Lays the widget over the page. The top layer is used because notebooks clip and transform the elements around a
 * widget, and `position: fixed` would be fixed to one of those.
 */
function cover(root: HTMLElement): Filling {
  root.classList.add("pt-full");
  if (typeof root.showPopover === "function" && root.isConnected) {
    root.popover = "manual";
    root.showPopover();
  }
  return {
    fit() {},
    leave() {
      root.classList.remove("pt-full");
      if (root.popover === null || root.popover === undefined) return;
      root.hidePopover();
      root.popover = null;
    },
  };
}
