/** The GPU rasteriser: WebGL2, a base layer and the points pass. */

import type { Tone } from "../crowd";
import type { Quads } from "../pictures";
import type { Raster, View } from "../raster";
import { clock } from "./clock";
import { dense } from "./dense";
import { layer } from "./layer";
import { pointsPass } from "./points";
import { type QuadsPass, quadsPass } from "./quads";

/** Time a frame may spend on bringing pictures to the GPU. */
const BRING_MS = 6;
/** So many points are drawn again over the pictures behind them in every frame; more only while the camera rests. */
const COVERING = 200_000;

export function gpuRaster(gl: WebGL2RenderingContext): Raster {
  const points = pointsPass(gl);
  const base = layer(gl);
  const sums = dense(gl);
  const timer = clock(gl);
  /** Of what the base holds, when it is in the sums. */
  let tone: Tone | null = null;
  let lit: Uint32Array = new Uint32Array(0);
  /** How the base was drawn last, up to which of the visible points. */
  let drawn: { readonly last: number; readonly view: View } | null = null;
  let quads: Quads | null = null;
  /** Made when there are pictures to draw. */
  let pictures: QuadsPass | null = null;
  let width = 0;
  let height = 0;
  let fence: WebGLSync | null = null;
  function mark(): void {
    gl.deleteSync(fence);
    fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  return {
    kind: "gpu",
    resize(w, h) {
      width = w;
      height = h;
      gl.canvas.width = w;
      gl.canvas.height = h;
      base.resize(w, h);
      sums?.resize(w, h);
    },
    positions: points.positions,
    colors: points.colors,
    tagged: points.tagged,
    visible: points.visible,
    lit(slots) {
      lit = slots;
      points.lit(slots);
    },
    pictures(next) {
      quads = next;
      if (next === null) pictures?.clear();
    },
    boxes: () => undefined,
    cover: () => null,
    base(first, last, view) {
      drawn = { last, view };
      gl.viewport(0, 0, width, height);
      tone = sums === null ? null : view.tone;
      if (tone !== null) {
        sums?.bind(first === 0);
        timer.time(last - first, () => points.draw("visible", first, last, view, width, height, true));
        mark();
        return;
      }
      base.bind(points.isDeep(view));
      if (first === 0) {
        const [red, green, blue] = view.background;
        gl.clearColor(red / 255, green / 255, blue / 255, 1);
        gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      }
      timer.time(last - first, () => points.draw("visible", first, last, view, width, height));
      mark();
    },
    present(last, view, veil) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.viewport(0, 0, width, height);
      if (tone === null) base.show(view.background, veil);
      else sums?.show(view.background, tone, veil);
      let end = lit.length;
      while (end > 0 && (lit[end - 1] as number) >= last) end--;
      if (end > 0) gl.clear(gl.DEPTH_BUFFER_BIT);
      if (end > 0) points.draw("lit", 0, end, view, width, height);
      if (quads !== null && quads.shown.length > 0) pictures ??= quadsPass(gl);
      const isWhole = quads === null || (pictures?.draw(quads, width, height, BRING_MS) ?? true);
      if (quads !== null && quads.shown.length > 0 && points.isDeep(view)) {
        const covering = veil > 0 ? { last: end, view } : tone === null ? drawn : null;
        if (covering !== null && (quads.resting || covering.last <= COVERING)) {
          points.draw(veil > 0 ? "lit" : "visible", 0, covering.last, covering.view, width, height);
        }
      }
      mark();
      return isWhole;
    },
    rest: () => undefined,
    busy: () => fence !== null && gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.UNSIGNALED,
    measured: timer.measured,
    dispose() {
      gl.deleteSync(fence);
      timer.dispose();
      points.dispose();
      base.dispose();
      sums?.dispose();
      pictures?.dispose();
    },
  };
}

/** Whether WebGL2 is there and drawn by hardware. Asked of a canvas of its own, because a canvas keeps its first kind of context. */
export function hasHardware(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (gl === null) return false;
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(named === null ? gl.RENDERER : named.UNMASKED_RENDERER_WEBGL));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}
