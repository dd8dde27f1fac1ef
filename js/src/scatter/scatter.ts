/** Points on a canvas: what is set is drawn, by GPU or CPU, in as many frames as it takes. Knows numbers, no store. */

import { type Camera, flatCamera, perspectiveOf, turnOf } from "./camera";
import { cpuRaster } from "./cpu/raster";
import { gpuRaster, hasHardware } from "./gl/raster";
import { eased, glided } from "./glide";
import type { Look } from "./look";
import { type Pace, pace } from "./pace";
import { inDrawOrder, permutation, raised, slotsOf } from "./permutation";
import type { Raster, Rgb, View } from "./raster";

/** A set of rows: `bits[r >> 3] & (1 << (r & 7))`. */
interface Rows {
  readonly bits: Uint8Array;
  readonly count: number;
}

export interface ScatterState {
  /** `dims` numbers per row; others for the same number of rows make the points glide there. */
  positions: { readonly xy: Float32Array; readonly dims: 2 | 3 } | null;
  /** A colour code per row, and colours as RGBA bytes by code. */
  colors: { readonly codes: Uint8Array | Uint16Array; readonly lut: Uint8Array } | null;
  /** Rows drawn vivid and on top while the others step back; null = none do. */
  lit: Rows | null;
  /** Rows that are not drawn at all; null = none. */
  hidden: Rows | null;
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

/** What is behind a point in depth shows through it no more than this leaves. */
const DEEP_OPACITY = 0.85;

/** How much of the others a lit point hides. */
const VEIL = 0.82;

function without(rows: Rows, others: Rows): Rows {
  const bits = rows.bits.map((byte, i) => byte & ~(others.bits[i] as number));
  return { bits, count: rows.count };
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
      ? canvas.getContext("webgl2", {
          alpha: false,
          antialias: false,
          powerPreference: "high-performance",
        })
      : null;
  let raster: Raster = gl === null ? cpuRaster(canvas) : gpuRaster(gl);
  const frames: Pace = gl === null ? pace(150_000, 12) : pace(2_000_000, LATE_MS / 2);

  const state: ScatterState = {
    positions: null,
    colors: null,
    lit: null,
    hidden: null,
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
  let dims: 2 | 3 = 2;
  let visible: Uint32Array | null = null;
  let glideStart = Number.NaN;
  let t = 1;
  let drawn = 0;
  let lost = false;
  let lastDrawn = 0;
  let late = 0;

  const width_px = () => Math.round(state.width * state.dpr);
  const height_px = () => Math.round(state.height * state.dpr);

  function place(old: Float32Array | null, oldDims: 2 | 3): void {
    const { xy, dims: newDims } = state.positions ?? { xy: new Float32Array(0), dims: 2 as const };
    const n = Math.floor(xy.length / newDims);
    const same = n === order.length;
    const glides = old !== null && same && n > 0 && state.glide_ms > 0;
    if (!same) {
      order = permutation(n) as Uint32Array<ArrayBuffer>;
      sendColors();
      sendRows();
    }
    dims = glides && oldDims === 3 ? 3 : newDims;
    to = inDrawOrder(xy, newDims, order, dims);
    from = !glides ? null : oldDims < dims ? raised(old) : old;
    t = from === null ? 1 : 0;
    glideStart = Number.NaN;
    raster.positions(to, from, dims);
  }

  function arrive(): void {
    from = null;
    if (state.positions !== null && dims !== state.positions.dims) {
      dims = state.positions.dims;
      to = inDrawOrder(state.positions.xy, dims, order);
    }
    raster.positions(to, null, dims);
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

  const fitting = (rows: Rows | null) => (rows?.bits.length === (order.length + 7) >> 3 ? rows : null);

  function sendRows(): void {
    const hidden = fitting(state.hidden);
    const lit = fitting(state.lit);
    visible = hidden === null ? null : slotsOf(hidden, order, false);
    raster.visible(visible);
    const seen = lit === null || hidden === null ? lit : without(lit, hidden);
    raster.lit(seen === null ? new Uint32Array(0) : slotsOf(seen, order));
  }

  function view(radius: number, opacity: number, rim: number): View {
    const { camera, dpr, background } = state;
    const turn = camera.yaw === 0 && camera.pitch === 0 ? null : turnOf(camera);
    const deep = dims === 3 || turn !== null;
    return {
      x: camera.x,
      y: camera.y,
      z: camera.z,
      scale: camera.scale * dpr,
      turn,
      perspective: deep ? perspectiveOf(camera, state) : 0,
      t,
      radius,
      opacity: deep ? Math.max(opacity, DEEP_OPACITY) : opacity,
      rim,
      rimWidth: 0.75 * dpr,
      background,
    };
  }

  function onLost(event: Event): void {
    event.preventDefault();
    lost = true;
  }

  function onRestored(): void {
    lost = false;
    raster = gpuRaster(gl as WebGL2RenderingContext);
    raster.resize(width_px(), height_px());
    raster.positions(to, from, dims);
    sendColors();
    sendRows();
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
        const old = before.positions === null ? null : from === null ? to : glided(from, to, t, dims);
        place(old, dims);
      }
      if (state.colors !== before.colors) sendColors();
      if (state.lit !== before.lit || state.hidden !== before.hidden) sendRows();
      const { positions, colors, hidden, camera, look, background } = state;
      if (
        sized ||
        positions !== before.positions ||
        colors !== before.colors ||
        hidden !== before.hidden ||
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
        if (share >= 1) arrive();
      }
      const { look, dpr } = state;
      const radius = (look.size_px * dpr) / 2;
      const start = performance.now();
      const first = drawn;
      const count = visible?.length ?? order.length;
      drawn = Math.min(count, first + frames.points);
      if (first < drawn || first === 0) raster.base(first, drawn, view(radius, look.opacity, look.rim));
      if (raster.kind === "cpu") frames.spent(drawn - first, performance.now() - start);
      const bright = view(radius * 1.12 + 0.2 * dpr, Math.max(look.opacity, 0.95), Math.max(look.rim, 0.8));
      const last = drawn === count ? order.length : (visible?.[drawn] ?? drawn);
      raster.present(last, bright, state.lit === null ? 0 : VEIL);
      const more = drawn < count || from !== null;
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
