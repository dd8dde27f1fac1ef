/** Whose wheel it is: the page's while the user scrolls past, the map's once the pointer rests or the map has focus. */

const REST_MS = 300;

export interface WheelGuard {
  /** The pointer came in; `now_ms` of any one clock. */
  entered(now_ms: number): void;
  /** The pointer moved of itself, not because the page scrolled under it. */
  pointed(): void;
  /** Whether a wheel turn now is the map's. A turn that is not starts the rest anew. */
  takes(now_ms: number, hasFocus: boolean): boolean;
}

export function wheelGuard(): WheelGuard {
  let since = Number.POSITIVE_INFINITY;
  let pointed = false;
  return {
    entered(now_ms) {
      since = now_ms;
      pointed = false;
    },
    pointed() {
      pointed = true;
    },
    takes(now_ms, hasFocus) {
      if (hasFocus && pointed) return true;
      if (now_ms - since >= REST_MS) return true;
      since = now_ms;
      return false;
    },
  };
}

/** Whether the wheel over this, something within `root`, scrolls a list there. */
export function scrolls(target: EventTarget | null, root: Element): boolean {
  for (let one = target instanceof Element ? target : null; one !== null && one !== root; one = one.parentElement) {
    if (one.scrollHeight > one.clientHeight && /auto|scroll/.test(getComputedStyle(one).overflowY)) return true;
  }
  return false;
}

/** How much closer one turn of the wheel brings: a mouse's notch about 1.2 times, a trackpad's pinch follows the fingers. */
export function wheelFactor(event: { deltaY: number; deltaMode: number; ctrlKey: boolean }): number {
  const px = event.deltaY * (event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? 400 : 1);
  const turn = Math.min(240, Math.max(-240, px));
  return Math.exp(-turn * (event.ctrlKey ? 0.01 : 0.0018));
}
