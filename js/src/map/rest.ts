/** Whether the pointer rests: it has stayed within a few pixels for about a frame. */

import type { Signal } from "@preact/signals";

/** A pointer that goes no farther than this in so long a time rests; a travelling one does in less than a frame of a mouse. */
const REST_PX = 2;
const REST_MS = 17;

export interface Rest {
  /** The pointer was at (x, y) at this time, on the clock of events. */
  moved(x: number, y: number, time_ms: number): void;
  dispose(): void;
}

/** @param resting is kept true while the pointer rests */
export function pointerRest(resting: Signal<boolean>): Rest {
  let from = { x: Number.NaN, y: Number.NaN, time_ms: 0 };
  let frame = 0;

  function look(): void {
    frame = 0;
    resting.value = performance.now() - from.time_ms >= REST_MS;
    if (!resting.peek()) frame = requestAnimationFrame(look);
  }

  return {
    moved(x, y, time_ms) {
      if (Math.hypot(x - from.x, y - from.y) < REST_PX) return;
      from = { x, y, time_ms };
      resting.value = false;
      if (frame === 0) frame = requestAnimationFrame(look);
    },
    dispose: () => cancelAnimationFrame(frame),
  };
}
