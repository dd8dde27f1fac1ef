/** Drawing in the page itself, by GPU, or by CPU where there is no worker for it. */

import { cpuRaster } from "./cpu/raster";
import { gpuRaster } from "./gl/raster";
import { pace } from "./pace";
import { painter } from "./painter";
import type { Scatter } from "./scatter";
import type { ScatterState } from "./state";

/** What a GPU may take for a frame, in ms, and what the page may, when it draws by itself. */
const GPU_MS = 8;
const CPU_MS = 12;

/** A context that is not given back in this time will not be: the page has too many, or the GPU is broken. */
const GONE_MS = 1500;

/** @param gl null draws by CPU */
export function localScatter(
  canvas: HTMLCanvasElement,
  gl: WebGL2RenderingContext | null,
  onNeedsDraw: () => void,
): Scatter {
  let raster = gl === null ? cpuRaster(canvas) : gpuRaster(gl);
  const frames = gl === null ? pace(150_000, CPU_MS) : pace(2_000_000, GPU_MS);
  const paint = painter(raster, frames);
  let colors: ScatterState["colors"] = null;
  let lost = false;
  let lostSince = Number.NaN;

  function onLost(event: Event): void {
    event.preventDefault();
    lost = true;
    lostSince = performance.now();
    setTimeout(onNeedsDraw, GONE_MS + 1);
  }

  function onRestored(): void {
    lost = false;
    lostSince = Number.NaN;
    raster = gpuRaster(gl as WebGL2RenderingContext);
    paint.use(raster);
    onNeedsDraw();
  }

  canvas.addEventListener("webglcontextlost", onLost);
  canvas.addEventListener("webglcontextrestored", onRestored);

  return {
    kind: raster.kind,
    get slow() {
      return gl !== null && (frames.hopeless || performance.now() - lostSince > GONE_MS);
    },
    set(partial) {
      paint.set(partial);
      colors = partial.colors === undefined ? colors : partial.colors;
      onNeedsDraw();
    },
    draw(now_ms) {
      if (lost) return false;
      const before = raster.cover();
      const step = paint.draw(now_ms);
      // Who asked for it draws in the frame after this one.
      if (raster.cover() !== before) onNeedsDraw();
      return step !== "whole" && step !== "resting";
    },
    cover: () => raster.cover(),
    colors: () => colors,
    dispose() {
      canvas.removeEventListener("webglcontextlost", onLost);
      canvas.removeEventListener("webglcontextrestored", onRestored);
      raster.dispose();
      gl?.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
