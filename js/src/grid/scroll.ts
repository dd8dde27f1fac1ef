/**
 * How far the grid is scrolled: by wheel, finger, scrollbar and keys.
 *
 * Not the browser's own scrolling: that ends at some 33 million pixels, and a million images go far beyond.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import { wheelGuard } from "../map/wheel_guard";

export interface Scroll {
  readonly offset_px: ReadonlySignal<number>;
  /** Room on screen and length of everything; the offset is kept inside. */
  resize(height_px: number, total_px: number): void;
  to(offset_px: number): void;
  dispose(): void;
}

/** A mouse's notch is spread over some frames; a trackpad's small steps are followed as they are. */
const NOTCH_PX = 60;
const EASE_MS = 60;
const LINE_PX = 32;
/** A flick slows down to this share of its speed in a second. */
const GLIDE_LEFT = 0.05;
const SLOWEST_PX_PER_MS = 0.02;
const LEAST_THUMB_PX = 28;

export function createScroll(el: HTMLElement): Scroll {
  const offset = signal(0);
  const guard = wheelGuard();
  const stop = new AbortController();
  const bar = document.createElement("div");
  const thumb = document.createElement("div");
  bar.className = "pt-scrollbar";
  thumb.className = "pt-scrollbar-thumb";
  bar.setAttribute("aria-hidden", "true");
  bar.append(thumb);
  el.append(bar);

  let height = 0;
  let total = 0;
  let target: number | null = null;
  let speed = 0;
  let frame = 0;
  let last_ms = 0;

  const most = () => Math.max(0, total - height);
  const thumbLength = () => Math.max(LEAST_THUMB_PX, (height * height) / Math.max(total, 1));

  function place(next: number): void {
    const inside = Math.min(most(), Math.max(0, next));
    if (inside === next) {
      offset.value = next;
    } else {
      offset.value = inside;
      speed = 0;
      target = null;
    }
    const track = height - thumbLength();
    thumb.style.height = `${thumbLength()}px`;
    thumb.style.transform = `translateY(${most() === 0 ? 0 : (offset.peek() / most()) * track}px)`;
  }

  function animate(): void {
    if (frame !== 0) return;
    last_ms = performance.now();
    frame = requestAnimationFrame(step);
  }

  function step(now_ms: number): void {
    frame = 0;
    const passed = Math.min(50, Math.max(1, now_ms - last_ms));
    last_ms = now_ms;
    if (target !== null) {
      const left = target - offset.peek();
      if (Math.abs(left) < 0.5) {
        place(target);
        target = null;
        return;
      }
      place(offset.peek() + left * (1 - Math.exp(-passed / EASE_MS)));
    } else if (speed !== 0) {
      place(offset.peek() + speed * passed);
      speed *= GLIDE_LEFT ** (passed / 1000);
      if (Math.abs(speed) < SLOWEST_PX_PER_MS) speed = 0;
    }
    if (target !== null || speed !== 0) frame = requestAnimationFrame(step);
  }

  function halt(): void {
    target = null;
    speed = 0;
  }

  const listen = <K extends keyof HTMLElementEventMap>(
    on: HTMLElement,
    kind: K,
    callback: (event: HTMLElementEventMap[K]) => void,
  ) => on.addEventListener(kind, callback, { signal: stop.signal, passive: false });

  listen(el, "pointerenter", (event) => guard.entered(event.timeStamp));
  listen(el, "pointermove", (event) => {
    if (event.movementX !== 0 || event.movementY !== 0) guard.pointed();
  });
  listen(el, "wheel", (event) => {
    if (event.ctrlKey || event.deltaY === 0) return;
    if (!guard.takes(event.timeStamp, el.matches(":focus-within"))) return;
    const delta = event.deltaY * (event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? height : 1);
    const from = target ?? offset.peek();
    const next = Math.min(most(), Math.max(0, from + delta));
    // At its ends the grid lets the page have the wheel.
    if (next === from && target === null) return;
    event.preventDefault();
    if (Math.abs(delta) < NOTCH_PX || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      halt();
      place(next);
    } else {
      speed = 0;
      target = next;
      animate();
    }
  });

  let held: { at: number; offset: number } | null = null;
  listen(bar, "pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    halt();
    if (event.target !== thumb) {
      const at = (event.clientY - bar.getBoundingClientRect().top - thumbLength() / 2) / (height - thumbLength());
      place(at * most());
    }
    held = { at: event.clientY, offset: offset.peek() };
    bar.setPointerCapture(event.pointerId);
    el.focus({ preventScroll: true });
  });
  listen(bar, "pointermove", (event) => {
    if (held === null) return;
    event.stopPropagation();
    place(held.offset + ((event.clientY - held.at) / (height - thumbLength())) * most());
  });
  listen(bar, "lostpointercapture", () => {
    held = null;
  });
  listen(bar, "dblclick", (event) => event.stopPropagation());

  let finger: { y: number; time_ms: number; moved: boolean } | null = null;
  listen(el, "touchstart", (event) => {
    halt();
    const touch = event.touches[0];
    finger =
      event.touches.length === 1 && touch !== undefined
        ? { y: touch.clientY, time_ms: event.timeStamp, moved: false }
        : null;
  });
  listen(el, "touchmove", (event) => {
    const touch = event.touches[0];
    if (finger === null || touch === undefined) return;
    const by = finger.y - touch.clientY;
    const inside = most() > 0 && offset.peek() + by >= 0 && offset.peek() + by <= most();
    if (!finger.moved && !inside) {
      finger = null;
      return;
    }
    if (event.cancelable) event.preventDefault();
    speed = by / Math.max(1, event.timeStamp - finger.time_ms);
    finger = { y: touch.clientY, time_ms: event.timeStamp, moved: true };
    const flick = speed;
    place(offset.peek() + by);
    speed = flick;
  });
  listen(el, "touchend", () => {
    if (finger?.moved) animate();
    finger = null;
  });

  return {
    offset_px: offset,
    resize(height_px, total_px) {
      height = height_px;
      total = total_px;
      bar.hidden = most() === 0;
      place(offset.peek());
    },
    to(offset_px) {
      halt();
      place(offset_px);
    },
    dispose() {
      stop.abort();
      cancelAnimationFrame(frame);
      bar.remove();
    },
  };
}
