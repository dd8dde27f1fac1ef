/** The map's keys, handled only while it has focus; what is handled goes no further, so the notebook never sees it. */

import type { Store } from "../store";
import type { Gestures } from "./gestures";
import type { ViewState } from "./view_state";

const STEP_PX = 60;
const ZOOM = 1.4;

export function mapKeys(store: Store, view: ViewState, gestures: Gestures, root: HTMLElement): () => void {
  const middle = (factor: number) => view.zoomBy(factor, view.size.peek().width / 2, view.size.peek().height / 2);
  const actions: Record<string, () => void> = {
    ArrowLeft: () => view.pan(STEP_PX, 0),
    ArrowRight: () => view.pan(-STEP_PX, 0),
    ArrowUp: () => view.pan(0, STEP_PX),
    ArrowDown: () => view.pan(0, -STEP_PX),
    "+": () => middle(ZOOM),
    "=": () => middle(ZOOM),
    "-": () => middle(1 / ZOOM),
    f: () => view.fit(),
    r: () => view.fit(),
    l: () => {
      view.tool.value = "lasso";
    },
    b: () => {
      view.tool.value = "box";
    },
    p: () => {
      view.tool.value = "pan";
    },
    Escape: () => {
      if (!gestures.cancel()) store.clearSelection();
    },
  };
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof HTMLInputElement) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
  root.addEventListener("keydown", onKey);
  return () => root.removeEventListener("keydown", onKey);
}
