/** The map's keys, handled while it has focus. What is handled goes no further; the rest is the whole widget's. */

import { maskOf } from "../bitmask";
import type { Store, Tool } from "../store";
import { lookAt } from "./follow";
import type { Gestures } from "./gestures";
import type { ViewState } from "./view_state";

const STEP_PX = 60;
const ZOOM = 1.4;

const BRUSH = 1.25;

export function mapKeys(store: Store, view: ViewState, gestures: Gestures, root: HTMLElement): () => void {
  /** The key of the tool in hand puts it down. */
  const use = (tool: Tool) => () => {
    view.tool.value = view.tool.peek() === tool ? "pan" : tool;
  };
  function zoomToPicked(): void {
    const selection = store.selection.peek();
    const { row } = store.focused.peek();
    if (selection.count > 0) lookAt(store, view, selection);
    else if (row >= 0) lookAt(store, view, maskOf(store.traits.n.peek(), [row]));
  }
  const middle = (factor: number) => view.zoomBy(factor, view.size.peek().width / 2, view.size.peek().height / 2);
  /** A flat map is panned by the arrows; one in space is turned, and panned with shift. */
  const actions: Record<string, (pans: boolean) => void> = {
    ArrowLeft: (pans) => (pans ? view.pan(STEP_PX, 0) : view.orbit(-STEP_PX, 0)),
    ArrowRight: (pans) => (pans ? view.pan(-STEP_PX, 0) : view.orbit(STEP_PX, 0)),
    ArrowUp: (pans) => (pans ? view.pan(0, STEP_PX) : view.orbit(0, -STEP_PX)),
    ArrowDown: (pans) => (pans ? view.pan(0, -STEP_PX) : view.orbit(0, STEP_PX)),
    "+": () => middle(ZOOM),
    "=": () => middle(ZOOM),
    "-": () => middle(1 / ZOOM),
    f: () => view.fit(),
    r: () => view.reset(),
    z: zoomToPicked,
    m: () => {
      view.overview.value = !view.overview.peek();
    },
    l: use("lasso"),
    b: use("box"),
    p: use("brush"),
    h: use("pan"),
    n: () => {
      view.lines.value = !view.lines.peek();
    },
    "[": () => view.sizeBrush(1 / BRUSH),
    "]": () => view.sizeBrush(BRUSH),
    Delete: () => store.dropOutline(),
    Backspace: () => store.dropOutline(),
  };
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof HTMLInputElement) return;
    const action = actions[event.key];
    const isDone = event.key === "Escape" ? gestures.cancel() : action !== undefined;
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation();
    action?.(view.dims.peek() !== 3 || event.shiftKey);
  }
  root.addEventListener("keydown", onKey);
  return () => root.removeEventListener("keydown", onKey);
}
