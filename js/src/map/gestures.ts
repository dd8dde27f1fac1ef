/** Pointer, wheel and fingers on the map: pan, turn, zoom, lasso, box, brush, click, hover. */

import { positionOf } from "../scatter/camera";
import type { Mode, Store } from "../store";
import { modeOf } from "./mode";
import type { Names } from "./names/layer";
import type { Overlay } from "./overlay";
import type { Picking } from "./picking";
import { pointerRest } from "./rest";
import { type Drag, selectDrag } from "./select_drag";
import type { ViewState } from "./view_state";
import { scrolls, wheelFactor, wheelGuard } from "./wheel_guard";

/** A press that moves less than this is a click; a finger is less steady. */
const CLICK_PX = { mouse: 4, touch: 10 };
/** A finger that rests so long shows the card of what is under it, and draws a lasso when it then moves. */
const HOLD_MS = 450;
const TURN_ABOUT_MS = 400;
/** A ring that is seen around a finger. */
const FINGER_PX = 32;
const FINGER = Array.from(
  { length: 72 },
  (_, i) => FINGER_PX * (i & 1 ? Math.sin : Math.cos)((Math.PI * (i >> 1)) / 18),
);

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
 */
export function gestures(
  store: Store,
  view: ViewState,
  overlay: Overlay,
  stage: HTMLElement,
  root: HTMLElement,
  picks: Picking,
  names: Names,
): Gestures {
  const guard = wheelGuard();
  const rest = pointerRest(view.resting);
  const pointers = new Map<number, { x: number; y: number }>();
  const ends = new AbortController();
  let drag: Drag | null = null;
  /** Whether a press that does not move is a click on what is under it. */
  let clicks = true;
  let start = { x: 0, y: 0 };
  let pressed: EventTarget | null = null;
  let moved = false;
  /** While the wheel turns over a point in space: where it is, so that it stays under the pointer. */
  let still: [number, number, number] | null = null;
  let spaceHeld = false;
  let byTouch = false;
  let held = 0;

  const place = (event: MouseEvent) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  function listen<K extends keyof HTMLElementEventMap>(
    name: K,
    handle: (event: HTMLElementEventMap[K]) => void,
    on = stage,
  ): void {
    on.addEventListener(name, handle, { passive: false, signal: ends.signal });
  }

  /**
   * A flat map is panned by whole pixels of the screen: a picture of the points that is moved by them stays sharp, and
   * need not be made anew.
   */
  function moveDrag(move: (dx: number, dy: number) => void, x: number, y: number): Drag {
    let last = { x, y };
    const isWhole = move === view.pan;
    return {
      move(sx, sy) {
        const dpr = devicePixelRatio || 1;
        const by = (px: number) => (isWhole ? Math.round(px * dpr) / dpr : px);
        const [dx, dy] = [by(sx - last.x), by(sy - last.y)];
        if (dx === 0 && dy === 0) return;
        move(dx, dy);
        last = { x: last.x + dx, y: last.y + dy };
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

  function hold(mode: Mode): void {
    held = 0;
    drag?.cancel();
    const { x, y } = start;
    drag = selectDrag(store, view, overlay, "lasso", x, y, mode);
    clicks = false;
    overlay.outline(FINGER.map((off, i) => off + (i & 1 ? y : x)));
    const row = picks.at(x, y);
    view.inside.value = true;
    store.hover(row);
    root.toggleAttribute("data-held", true);
  }

  function letGo(): void {
    clearTimeout(held);
    held = 0;
    root.removeAttribute("data-held");
  }

  function stop(): boolean {
    letGo();
    if (drag === null) return false;
    drag.cancel();
    drag = null;
    stage.classList.remove("pt-dragging");
    return true;
  }

  /** Where a row is, on a map that has depth. */
  function placeOf(row: number): [number, number, number] | null {
    const layout = store.layout.peek();
    if (layout === null || layout.dims !== 3 || row < 0) return null;
    return positionOf(layout.xy, 3, row);
  }

  /** The point goes to the middle, about which a map in space is turned. */
  function turnAbout(row: number): void {
    const middle = placeOf(row);
    if (middle === null) return;
    const [x, y, z] = middle;
    view.moved.value = true;
    view.flyTo({ ...view.camera.peek(), x, y, z }, TURN_ABOUT_MS);
  }

  /** Space, as in drawing programs: a drag pans while it is held. */
  function holdSpace(event: KeyboardEvent): void {
    if (event.key !== " " || event.target !== root) return;
    spaceHeld = event.type === "keydown";
    root.toggleAttribute("data-space", spaceHeld);
    event.preventDefault();
  }

  function click(x: number, y: number, mode: Mode): void {
    if (names.press(pressed, mode)) return;
    picks.surely(x, y, (row) => {
      if (row < 0) return;
      store.select([row], mode);
      store.focus(row, "map");
    });
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

  listen("pointerenter", () => {
    view.inside.value = true;
  });
  listen("pointerenter", (event) => guard.entered(event.timeStamp), root);
  listen("pointerleave", () => {
    if (byTouch) return;
    picks.cancel();
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
    picks.cancel();
    store.hover(-1);
    stop();
    moved = pointers.size > 1;
    if (pointers.size > 1) return;
    start = { x, y };
    clicks = false;
    drag = begun(x, y);
  }

  listen("pointerdown", (event) => {
    byTouch = event.pointerType === "touch";
    pressed = event.target;
    const isDeep = view.dims.peek() === 3;
    const pans = event.button === 1 || (event.button === 2 && isDeep) || (event.button === 0 && spaceHeld);
    if (event.button !== 0 && !pans) return;
    const chosen = view.tool.peek();
    const tool = pans ? "pan" : event.shiftKey && chosen === "pan" ? "lasso" : chosen;
    take(event, (x, y) => {
      if (tool === "pan") return moveDrag(isDeep && !pans ? view.orbit : view.pan, x, y);
      return selectDrag(store, view, overlay, tool, x, y, showMode(event));
    });
    clicks = tool !== "brush";
    const mode = showMode(event);
    if (byTouch && pointers.size === 1 && tool === "pan") held = window.setTimeout(() => hold(mode), HOLD_MS);
  });
  listen("pointermove", (event) => {
    const { x, y } = place(event);
    overlay.pointer([x, y]);
    rest.moved(x, y, event.timeStamp);
    still = null;
    const mode = showMode(event);
    if (pointers.size === 2 && pointers.has(event.pointerId)) return pinch(event);
    if (pointers.size > 0 && drag === null) return;
    if (drag === null && names.has(event.target)) {
      picks.cancel();
      root.removeAttribute("data-hit");
      return store.hover(-1);
    }
    if (drag === null) {
      return picks.soon(x, y, (row) => {
        root.toggleAttribute("data-hit", row >= 0);
        store.hover(row);
      });
    }
    if (!moved && Math.hypot(x - start.x, y - start.y) < CLICK_PX[byTouch ? "touch" : "mouse"]) return;
    moved = true;
    letGo();
    stage.classList.add("pt-dragging");
    for (const part of event.getCoalescedEvents?.() ?? []) drag.move(place(part).x, place(part).y, mode);
    drag.move(x, y, mode);
  });
  listen("pointerup", (event) => {
    if (!pointers.delete(event.pointerId)) return;
    const finished = drag;
    drag = null;
    letGo();
    stage.classList.remove("pt-dragging");
    finished?.end(moved);
    const [left] = pointers.values();
    if (left !== undefined) {
      // Of two fingers one goes on.
      moved = true;
      drag = moveDrag(view.dims.peek() === 3 ? view.orbit : view.pan, left.x, left.y);
      return;
    }
    if (!moved && clicks && finished !== null && event.button === 0) click(start.x, start.y, modeOf(event));
  });
  listen("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    stop();
  });
  listen("dblclick", (event) => {
    const { x, y } = place(event);
    if (view.tool.peek() === "brush" || names.has(pressed)) return;
    const row = picks.at(x, y);
    if (row < 0) view.fit();
    else turnAbout(row);
  });
  listen("contextmenu", (event) => {
    if (byTouch || view.dims.peek() === 3) event.preventDefault();
  });
  const pointed = ({ movementX, movementY }: PointerEvent) => {
    if (movementX !== 0 || movementY !== 0) guard.pointed();
  };
  listen("pointermove", pointed, root);
  // What lies over the map is part of it: there the wheel does not scroll the page either.
  listen(
    "wheel",
    (event) => {
      if (scrolls(event.target, root)) return;
      const hasFocus = root.contains(root.ownerDocument.activeElement) || root.matches(":focus-within");
      if (!event.ctrlKey && !guard.takes(event.timeStamp, hasFocus)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.altKey && view.tool.peek() === "brush") return view.sizeBrush(wheelFactor(event));
      const { x, y } = place(event);
      still ??= placeOf(store.hovered.peek());
      view.zoomBy(wheelFactor(event), x, y, still);
      picks.cancel();
      store.hover(-1);
    },
    root,
  );
  listen("keydown", showMode, root);
  listen("keyup", showMode, root);
  listen("keydown", holdSpace, root);
  listen("keyup", holdSpace, root);
  listen(
    "blur",
    () => {
      delete root.dataset.byPointer;
      root.removeAttribute("data-space");
      spaceHeld = false;
    },
    root,
  );
  return {
    cancel: stop,
    take,
    dispose() {
      stop();
      picks.dispose();
      rest.dispose();
      ends.abort();
    },
  };
}
