/** Points on a canvas: what is set is drawn, by GPU or CPU, in as many frames as it takes. Knows numbers, no store. */

import { type Camera, flatCamera } from "./camera";
import { cpuRaster } from "./cpu/raster";
import { gpuRaster, hasHardware } from "./gl/raster";
import { eased, glided } from "./glide";
import type { Look } from "./look";
import { type Pace, pace } from "./pace";
import { inDrawOrder, permutation, slotsOf } from "./permutation";
import type { Raster, Rgb, View } from "./raster";

export interface ScatterState {
  /** `dims` numbers per row; a new array of the same length makes the points glide there. */
  positions: { readonly xy: Float32Array; readonly dims: number } | null;
  /** A colour code per row, and colours as RGBA bytes by code. */
  colors: { readonly codes: Uint8Array | Uint16Array; readonly lut: Uint8Array } | null;
  /** Rows drawn vivid and on top while the others step back; null = none do. */
  lit: { readonly bits: Uint8Array; readonly count: number } | null;
  camera: Camera;
  look: Look;
  background: Rgb;
  /** CSS pixels, and device pixels per CSS pixel. */
  width: number;
  height: number;
  dpr: number;
  glide_ms: number;
}

export interface Scatter {
  readonly kind: "gpu" | "cpu";
  set(partial: Partial<ScatterState>): void;
  /** Draw one frame; true when there is more to draw. `now_ms` is the clock of requestAnimationFrame. */
  draw(now_ms: number): boolean;
  dispose(): void;
}

/** What a frame took, at least, when the GPU had not finished it by the next one. */
const LATE_MS = 16;

/** How much of the others a lit point hides. */
const VEIL = 0.82;

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
      ? canvas.getContext("webgl2", {
          alpha: false,
          antialias: false,
          depth: false,
          powerPreference: "high-performance",
        })
      : null;
  let raster: Raster = gl === null ? cpuRaster(canvas) : gpuRaster(gl);
  const frames: Pace = gl === null ? pace(150_000, 12) : pace(2_000_000, LATE_MS / 2);

  const state: ScatterState = {
    positions: null,
    colors: null,
    lit: null,
    camera: flatCamera(0, 0, 1),
    look: { size_px: 5, opacity: 0.9, rim: 0 },
    background: [255, 255, 255],
    width: 0,
    height: 0,
    dpr: 1,
    glide_ms: 600,
  };
  let order = new Uint32Array(0);
  let to: Float32Array = new Float32Array(0);
  let from: Float32Array | null = null;
  let glideStart = Number.NaN;
  let t = 1;
  let drawn = 0;
  let lost = false;
  let lastDrawn = 0;
  let late = 0;

  const width_px = () => Math.round(state.width * state.dpr);
  const height_px = () => Math.round(state.height * state.dpr);

  function place(old: Float32Array | null): void {
    const n = state.positions === null ? 0 : Math.floor(state.positions.xy.length / state.positions.dims);
    const same = n === order.length;
    if (!same) {
      order = permutation(n) as Uint32Array<ArrayBuffer>;
      sendColors();
      sendLit();
    }
    to = state.positions === null ? new Float32Array(0) : inDrawOrder(state.positions.xy, state.positions.dims, order);
    from = old !== null && same && n > 0 && state.glide_ms > 0 ? old : null;
    t = from === null ? 1 : 0;
    glideStart = Number.NaN;
    raster.positions(to, from);
  }

  function sendColors(): void {
    const n = order.length;
    const source = state.colors;
    if (source === null || source.codes.length !== n) {
      raster.colors(new Uint8Array(n), new Uint8Array([128, 128, 128, 255]));
      return;
    }
    const codes = source.codes instanceof Uint8Array ? new Uint8Array(n) : new Uint16Array(n);
    for (let slot = 0; slot < n; slot++) codes[slot] = source.codes[order[slot] as number] as number;
    raster.colors(codes, source.lut);
  }

  function sendLit(): void {
    const lit = state.lit;
    const fits = lit !== null && lit.bits.length === (order.length + 7) >> 3;
    raster.lit(fits ? slotsOf(lit.bits, lit.count, order) : new Uint32Array(0));
  }

  function view(radius: number, opacity: number, rim: number): View {
    const { camera, dpr, background } = state;
    return { ...camera, scale: camera.scale * dpr, t, radius, opacity, rim, rimWidth: 0.75 * dpr, background };
  }

  function onLost(event: Event): void {
    event.preventDefault();
    lost = true;
  }

  function onRestored(): void {
    lost = false;
    raster = gpuRaster(gl as WebGL2RenderingContext);
    raster.resize(width_px(), height_px());
    raster.positions(to, from);
    sendColors();
    sendLit();
    drawn = 0;
    onNeedsDraw();
  }

  canvas.addEventListener("webglcontextlost", onLost);
  canvas.addEventListener("webglcontextrestored", onRestored);

  return {
    kind: raster.kind,
    set(partial) {
      const before = { ...state };
      Object.assign(state, partial);
      const sized = state.width !== before.width || state.height !== before.height || state.dpr !== before.dpr;
      if (sized) raster.resize(width_px(), height_px());
      if (state.positions !== before.positions) {
        const old = before.positions === null ? null : from === null ? to : glided(from, to, t);
        place(old);
      }
      if (state.colors !== before.colors) sendColors();
      if (state.lit !== before.lit) sendLit();
      const { positions, colors, camera, look, background } = state;
      if (
        sized ||
        positions !== before.positions ||
        colors !== before.colors ||
        camera !== before.camera ||
        look !== before.look ||
        background !== before.background
      ) {
        drawn = 0;
      }
      onNeedsDraw();
    },
    draw(now_ms) {
      if (lost || width_px() < 1 || height_px() < 1) return false;
      if (raster.busy()) {
        late++;
        return true;
      }
      if (raster.kind === "gpu") frames.spent(lastDrawn, late * LATE_MS);
      late = 0;
      if (from !== null) {
        if (Number.isNaN(glideStart)) glideStart = now_ms;
        const share = Math.min(1, (now_ms - glideStart) / state.glide_ms);
        t = eased(share);
        drawn = 0;
        if (share >= 1) {
          from = null;
          raster.positions(to, null);
        }
      }
      const { look, dpr } = state;
      const radius = (look.size_px * dpr) / 2;
      const start = performance.now();
      const first = drawn;
      drawn = Math.min(order.length, first + frames.points);
      if (first < drawn || first === 0) raster.base(first, drawn, view(radius, look.opacity, look.rim));
      if (raster.kind === "cpu") frames.spent(drawn - first, performance.now() - start);
      const bright = view(radius * 1.12 + 0.2 * dpr, Math.max(look.opacity, 0.95), Math.max(look.rim, 0.8));
      raster.present(drawn, bright, state.lit === null ? 0 : VEIL);
      const more = drawn < order.length || from !== null;
      lastDrawn = drawn - first;
      return more;
    },
    dispose() {
      canvas.removeEventListener("webglcontextlost", onLost);
      canvas.removeEventListener("webglcontextrestored", onRestored);
      raster.dispose();
      gl?.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
