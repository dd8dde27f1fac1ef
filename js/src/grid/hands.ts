/** Pointer on the grid: click, rubber band, hover, long press, double-click. */

import { combined, maskOf } from "../bitmask";
import { modeOf } from "../map/mode";
import type { Store } from "../store";
import { type Geometry, placeAt, placesIn, type Rect } from "./geometry";
import { picked } from "./pick";

/** A press that moves less than this is a click. */
const CLICK_PX = 4;
const LONG_PRESS_MS = 450;
/** A rubber band beyond the edge scrolls by this share of the distance in each frame. */
const PULL = 0.25;

export interface Field {
  geometry(): Geometry;
  offset_px(): number;
  height_px(): number;
  scrollBy(delta_px: number): void;
  /** The rubber band, from the top of the whole grid; null for none. */
  showBand(band: Rect | null): void;
  open(row: number): void;
}

export interface Hands {
  /** Place that a range starts from. */
  anchor: number;
  /** Give up a rubber band; false when there is none. */
  cancel(): boolean;
  dispose(): void;
}

export function hands(store: Store, canvas: HTMLElement, field: Field): Hands {
  const stop = new AbortController();
  let press: { x: number; y: number; place: number; event: PointerEvent } | null = null;
  let banding = false;
  let pointer = { x: 0, y: 0 };
  let frame = 0;
  let longPress: ReturnType<typeof setTimeout> | null = null;

  const listen = <K extends keyof HTMLElementEventMap>(kind: K, callback: (event: HTMLElementEventMap[K]) => void) =>
    canvas.addEventListener(kind, callback, { signal: stop.signal });

  function at(event: MouseEvent): { x: number; y: number } {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top + field.offset_px() };
  }

  function placeUnder(event: MouseEvent): number {
    const { x, y } = at(event);
    return placeAt(field.geometry(), x, y);
  }

  function click(place: number, event: PointerEvent): void {
    const order = store.order.peek();
    const row = order.at(place);
    if (row < 0) return;
    const { rows, mode } = picked(order, store.selection.peek(), place, own.anchor, event);
    if (!event.shiftKey) own.anchor = place;
    store.select(rows, mode, "grid");
    store.focus(row, "grid");
  }

  function band(): { rect: Rect; rows: Uint32Array } {
    const from = press ?? pointer;
    const rect = {
      x: Math.min(from.x, pointer.x),
      y: Math.min(from.y, pointer.y),
      width: Math.abs(from.x - pointer.x),
      height: Math.abs(from.y - pointer.y),
    };
    const order = store.order.peek();
    return { rect, rows: Uint32Array.from(placesIn(field.geometry(), rect), (place) => order.at(place)) };
  }

  function drawBand(event: PointerEvent): void {
    const { rect, rows } = band();
    field.showBand(rect);
    const mask = maskOf(store.traits.n.peek(), rows);
    store.setPreview(combined(store.selection.peek(), mask, modeOf(event)));
    pullAlong(event);
  }

  /** Scroll while the pointer is beyond the edge, even if it rests there. */
  function pullAlong(event: PointerEvent): void {
    cancelAnimationFrame(frame);
    const y = pointer.y - field.offset_px();
    const beyond = y < 0 ? y : Math.max(0, y - field.height_px());
    if (beyond === 0) return;
    frame = requestAnimationFrame(() => {
      if (!banding) return;
      const before = field.offset_px();
      field.scrollBy(beyond * PULL);
      pointer = { x: pointer.x, y: pointer.y + field.offset_px() - before };
      drawBand(event);
    });
  }

  function end(): void {
    cancelAnimationFrame(frame);
    if (longPress !== null) clearTimeout(longPress);
    longPress = null;
    press = null;
    if (banding) {
      banding = false;
      field.showBand(null);
      store.setPreview(null);
    }
  }

  listen("pointerdown", (event) => {
    if (event.button !== 0) return;
    press = { ...at(event), place: placeUnder(event), event };
    if (event.pointerType === "touch") {
      longPress = setTimeout(() => {
        const held = press;
        end();
        if (held === null || held.place < 0) return;
        const row = store.order.peek().at(held.place);
        store.select([row], "add", "grid");
        store.focus(row, "grid");
      }, LONG_PRESS_MS);
    } else canvas.setPointerCapture(event.pointerId);
  });

  listen("pointermove", (event) => {
    pointer = at(event);
    if (press === null || event.pointerType === "touch") {
      const place = placeUnder(event);
      if (event.pointerType !== "touch") store.hover(store.order.peek().at(place));
      const far = press !== null && Math.hypot(pointer.x - press.x, pointer.y - press.y) > CLICK_PX * 2;
      if (far) end();
      return;
    }
    if (!banding && Math.hypot(pointer.x - press.x, pointer.y - press.y) < CLICK_PX) return;
    banding = true;
    store.hover(-1);
    drawBand(event);
  });

  listen("pointerup", (event) => {
    if (press === null) return;
    const { place } = press;
    const rows = banding ? band().rows : null;
    end();
    if (rows !== null) store.select(rows, modeOf(event), "grid");
    else if (place >= 0 && placeUnder(event) === place) click(place, event);
  });
  listen("pointercancel", end);
  listen("lostpointercapture", () => {
    if (banding) end();
  });
  listen("pointerleave", ({ relatedTarget: to }) => {
    if (!(to instanceof Element && to.closest(".pt-judge") !== null)) store.hover(-1);
  });
  listen("dblclick", (event) => {
    const place = placeUnder(event);
    if (place >= 0) field.open(store.order.peek().at(place));
  });

  const own: Hands = {
    anchor: -1,
    cancel() {
      const was = banding;
      end();
      return was;
    },
    dispose() {
      end();
      stop.abort();
    },
  };
  return own;
}
