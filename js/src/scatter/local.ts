/** Drawing in the page itself, by GPU, or by CPU where there is no worker for it. */

import { cpuRaster } from "./cpu/raster";
import { gpuRaster } from "./gl/raster";
import { pace } from "./pace";
import { painter } from "./painter";
import type { Scatter } from "./scatter";

/** What a GPU may take for a frame, in ms, and what the page may, when it draws by itself. */
const GPU_MS = 8;
const CPU_MS = 12;

/** @param gl null draws by CPU */
export function localScatter(
  canvas: HTMLCanvasElement,
  gl: WebGL2RenderingContext | null,
  onNeedsDraw: () => void,
): Scatter {
  let raster = gl === null ? cpuRaster(canvas) : gpuRaster(gl);
  const paint = painter(raster, gl === null ? pace(150_000, CPU_MS) : pace(2_000_000, GPU_MS));
  let lost = false;

  function onLost(event: Event): void {
    event.preventDefault();
    lost = true;
  }

  function onRestored(): void {
    lost = false;
    raster = gpuRaster(gl as WebGL2RenderingContext);
    paint.use(raster);
    onNeedsDraw();
  }

  canvas.addEventListener("webglcontextlost", onLost);
  canvas.addEventListener("webglcontextrestored", onRestored);

  return {
    kind: raster.kind,
    set(partial) {
      paint.set(partial);
      onNeedsDraw();
    },
    draw(now_ms) {
      if (lost) return false;
      const step = paint.draw(now_ms);
      return step !== "whole" && step !== "resting";
    },
    dispose() {
      canvas.removeEventListener("webglcontextlost", onLost);
      canvas.removeEventListener("webglcontextrestored", onRestored);
      raster.dispose();
      gl?.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
