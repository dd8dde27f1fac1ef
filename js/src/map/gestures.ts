/** Pointer, wheel and fingers on the map: pan, zoom, lasso, box, brush, click, hover. */

import type { Mode, Store } from "../store";
import { modeOf } from "./mode";
import type { Overlay } from "./overlay";
import { type Drag, selectDrag } from "./select_drag";
import type { ViewState } from "./view_state";
import { wheelFactor, wheelGuard } from "./wheel_guard";

/** A press that moves less than this is a click. */
const CLICK_PX = 4;

export interface Gestures {
  /** Give up the gesture under way; false when there is none. */
  cancel(): boolean;
  /** A press on something over the map goes on as this drag. */
  take(event: PointerEvent, begun: (sx: number, sy: number) => Drag): void;
  dispose(): void;
}

/**
 * @param stage takes the events; fills the pane
 * @param root counts as the map for focus
 * @param pick the row at (sx, sy), or -1
 */
export function gestures(
  store: Store,
  view: ViewState,
  overlay: Overlay,
  stage: HTMLElement,
  root: HTMLElement,
  pick: (sx: number, sy: number) => number,
): Gestures {
  const guard = wheelGuard();
  const pointers = new Map<number, { x: number; y: number }>();
  const ends = new AbortController();
  let drag: Drag | null = null;
  /** Whether a press that does not move is a click on what is under it. */
  let clicks = true;
  let start = { x: 0, y: 0 };
  let moved = false;

  const place = (event: MouseEvent) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  function listen<K extends keyof HTMLElementEventMap>(
    name: K,
    handle: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ): void {
    stage.addEventListener(name, handle, { ...options, signal: ends.signal });
  }

  function panDrag(x: number, y: number): Drag {
    let last = { x, y };
    return {
      move(sx, sy) {
        view.pan(sx - last.x, sy - last.y);
        last = { x: sx, y: sy };
      },
      end() {},
      cancel() {},
    };
  }

  function showMode(event: PointerEvent | KeyboardEvent): Mode {
    const mode = modeOf(event);
    view.mode.value = mode === "replace" ? null : mode;
    root.dataset.mode = mode;
    return mode;
  }

  function stop(): boolean {
    if (drag === null) return false;
    drag.cancel();
    drag = null;
    stage.classList.remove("pt-dragging");
    return true;
  }

  function click(x: number, y: number, mode: Mode): void {
    const row = pick(x, y);
    if (row < 0) return;
    store.select([row], mode);
    store.focus(row, "map");
  }

  /** Two fingers: the picture follows both. */
  function pinch(event: PointerEvent): void {
    const [a, b] = [...pointers.values()] as [{ x: number; y: number }, { x: number; y: number }];
    const before = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
    Object.assign(pointers.get(event.pointerId) as object, place(event));
    const after = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
    view.pan(after.x - before.x, after.y - before.y);
    if (before.apart > 0) view.zoomBy(after.apart / before.apart, after.x, after.y);
  }

  listen("pointerenter", (event) => {
    guard.entered(event.timeStamp);
    view.inside.value = true;
  });
  listen("pointerleave", () => {
    view.inside.value = false;
    overlay.pointer(null);
    root.removeAttribute("data-hit");
    store.hover(-1);
  });
  function take(event: PointerEvent, begun: (sx: number, sy: number) => Drag): void {
    const { x, y } = place(event);
    root.dataset.byPointer = "";
    root.focus({ preventScroll: true });
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x, y });
    store.hover(-1);
    stop();
    moved = pointers.size > 1;
    if (pointers.size > 1) return;
    start = { x, y };
    clicks = false;
    drag = begun(x, y);
  }

  listen("pointerdown", (event) => {
    if (event.button !== 0 && event.button !== 1) return;
    const chosen = view.tool.peek();
    const tool = event.button === 1 ? "pan" : event.shiftKey && chosen === "pan" ? "lasso" : chosen;
    take(event, (x, y) =>
      tool === "pan" ? panDrag(x, y) : selectDrag(store, view, overlay, tool, x, y, showMode(event)),
    );
    clicks = tool !== "brush";
  });
  listen("pointermove", (event) => {
    const { x, y } = place(event);
    if (event.movementX !== 0 || event.movementY !== 0) guard.pointed();
    overlay.pointer([x, y]);
    const mode = showMode(event);
    if (pointers.size === 2 && pointers.has(event.pointerId)) return pinch(event);
    if (pointers.size > 0 && drag === null) return;
    if (drag === null) {
      const row = pick(x, y);
      root.toggleAttribute("data-hit", row >= 0);
      return store.hover(row);
    }
    if (!moved && Math.hypot(x - start.x, y - start.y) < CLICK_PX) return;
    moved = true;
    stage.classList.add("pt-dragging");
    for (const part of event.getCoalescedEvents?.() ?? []) drag.move(place(part).x, place(part).y, mode);
    drag.move(x, y, mode);
  });
  listen("pointerup", (event) => {
    if (!pointers.delete(event.pointerId)) return;
    const finished = drag;
    drag = null;
    stage.classList.remove("pt-dragging");
    finished?.end(moved);
    if (!moved && clicks && finished !== null && event.button === 0) click(start.x, start.y, modeOf(event));
  });
  listen("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    stop();
  });
  listen("dblclick", (event) => {
    const { x, y } = place(event);
    if (view.tool.peek() !== "brush" && pick(x, y) < 0) view.fit();
  });
  listen(
    "wheel",
    (event) => {
      const hasFocus = root.contains(root.ownerDocument.activeElement) || root.matches(":focus-within");
      if (!event.ctrlKey && !guard.takes(event.timeStamp, hasFocus)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.altKey && view.tool.peek() === "brush") return view.sizeBrush(wheelFactor(event));
      const { x, y } = place(event);
      view.zoomBy(wheelFactor(event), x, y);
      store.hover(-1);
    },
    { passive: false },
  );
  root.addEventListener("keydown", showMode, { signal: ends.signal });
  root.addEventListener("keyup", showMode, { signal: ends.signal });
  root.addEventListener("blur", () => delete root.dataset.byPointer, { signal: ends.signal });
  return {
    cancel: stop,
    take,
    dispose() {
      stop();
      ends.abort();
    },
  };
}
