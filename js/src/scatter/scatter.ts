/** Points on a canvas: what is set is drawn, by GPU or CPU, in as many frames as it takes. Knows numbers, no store. */

import { hasHardware } from "./gl/raster";
import { localScatter } from "./local";
import type { Cover } from "./pictures";
import { remoteScatter } from "./remote";
import type { ScatterState } from "./state";
import { workerText } from "./worker_text";

export type { ScatterState } from "./state";

export interface Scatter {
  readonly kind: "gpu" | "cpu";
  /** The GPU turned out to be slower than the CPU would be, or is gone for good. */
  readonly slow: boolean;
  set(partial: Partial<ScatterState>): void;
  /** Draw one frame; true when there is more to draw. `now_ms` is the clock of requestAnimationFrame. */
  draw(now_ms: number): boolean;
  /** What covers the boxes in what is shown; null while that is not known. */
  cover(): Cover | null;
  /** The colours as they were set for what is shown, or is with the next frame; null before the first picture. */
  colors(): ScatterState["colors"];
  dispose(): void;
}

/**
 * @param onNeedsDraw called when something changed that `draw` would show
 * @param kind which rasteriser; "auto" takes the GPU where it is one
 */
export function createScatter(
  canvas: HTMLCanvasElement,
  onNeedsDraw: () => void,
  kind: "auto" | "gpu" | "cpu" = "auto",
): Scatter {
  const gl =
    kind === "gpu" || (kind === "auto" && hasHardware())
      ? canvas.getContext("webgl2", { alpha: false, antialias: false, powerPreference: "high-performance" })
      : null;
  return gl === null ? cpuScatter(canvas, onNeedsDraw) : localScatter(canvas, gl, onNeedsDraw);
}

/** In a worker where the page may have one and it can draw, else in the page. */
function cpuScatter(canvas: HTMLCanvasElement, onNeedsDraw: () => void): Scatter {
  const here = () => localScatter(canvas, null, onNeedsDraw);
  if (workerText === null || typeof Worker === "undefined" || typeof OffscreenCanvas === "undefined") return here();
  const state: Partial<ScatterState> = {};
  let inner: Scatter;
  try {
    inner = remoteScatter(canvas, workerText, onNeedsDraw, () => {
      inner = here();
      inner.set(state);
    });
  } catch {
    return here(); // a page whose security policy forbids workers throws here, or reports an error later
  }
  return {
    kind: "cpu",
    slow: false,
    set(partial) {
      Object.assign(state, partial);
      inner.set(partial);
    },
    draw: (now_ms) => inner.draw(now_ms),
    cover: () => inner.cover(),
    colors: () => inner.colors(),
    dispose: () => inner.dispose(),
  };
}
