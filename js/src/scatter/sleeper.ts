/**
 * A scatter that can be put to sleep: it gives back its GPU context or its worker, with all their memory, and keeps its
 * last picture where it can. Awake again it draws what was set meanwhile.
 */

import { createScatter, type Scatter } from "./scatter";
import { emptyState, type ScatterState } from "./state";

export interface Sleeper extends Omit<Scatter, "slow"> {
  readonly asleep: boolean;
  /** What was set, and what is not is as it is at first. */
  readonly state: ScatterState;
  sleep(): void;
  wake(): void;
}

/** @param newCanvas puts a canvas over the last one, which is removed once the new one is drawn */
export function sleeper(
  newCanvas: (last: HTMLCanvasElement | null) => HTMLCanvasElement,
  onNeedsDraw: () => void,
): Sleeper {
  const state: Partial<ScatterState> = {};
  let canvas = newCanvas(null);
  let last: HTMLCanvasElement | null = null;
  let inner: Scatter | null = createScatter(canvas, onNeedsDraw);
  let kind = inner.kind;

  function start(): void {
    last?.remove();
    last = canvas;
    canvas = newCanvas(last);
    inner = createScatter(canvas, onNeedsDraw, kind);
    inner.set(state);
  }

  return {
    get kind() {
      return kind;
    },
    get asleep() {
      return inner === null;
    },
    get state() {
      return { ...emptyState(), ...state };
    },
    set(partial) {
      Object.assign(state, partial);
      inner?.set(partial);
    },
    draw(now_ms) {
      if (inner === null) return false;
      if (inner.slow) {
        kind = "cpu";
        state.pictures = null;
        inner.dispose();
        start();
      }
      const more = inner.draw(now_ms);
      if (!more) {
        last?.remove();
        last = null;
      }
      return more;
    },
    cover: () => inner?.cover() ?? null,
    colors: () => inner?.colors() ?? null,
    sleep() {
      inner?.dispose();
      inner = null;
    },
    wake() {
      if (inner === null) start();
    },
    dispose() {
      inner?.dispose();
      inner = null;
      last?.remove();
      canvas.remove();
    },
  };
}
