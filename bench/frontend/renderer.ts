/** The map's renderer alone on a page: how it keeps up, and whether GPU and CPU draw the same. Bundled by renderer.py. */

import { hasHardware } from "../../js/src/scatter/gl/raster";
import { createScatter, type ScatterState } from "../../js/src/scatter/scatter";

type Kind = "gpu" | "cpu";

const SIZE = { width: 1200, height: 800 };
const CODES = 10;
const CAMERA = { x: 0, y: 0, z: 0, scale: 45, yaw: 0, pitch: 0 };
const MOVES = 150;
const COMPARED = 20_000;

const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
const inDepth = (dims: 2 | 3) => (dims === 3 ? { yaw: 0.5, pitch: 0.3 } : {});

/** Twenty round clouds, of ten colours. */
function scene(n: number, dims: 2 | 3, density: number | null): Partial<ScatterState> {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const xy = new Float32Array(n * dims);
  const codes = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const cloud = Math.floor(random() * 20);
    const radius = 0.6 * Math.sqrt(-2 * Math.log(random() + 1e-9));
    const angle = 2 * Math.PI * random();
    xy[i * dims] = (cloud % 5) * 4 - 8 + radius * Math.cos(angle);
    xy[i * dims + 1] = Math.floor(cloud / 5) * 4 - 6 + radius * Math.sin(angle);
    if (dims === 3) xy[i * dims + 2] = random() * 10 - 5;
    codes[i] = cloud % CODES;
  }
  const lut = Uint8Array.from({ length: 4 * CODES }, (_, i) => (i % 4 === 3 ? 255 : (i * 97) % 256));
  return {
    ...SIZE,
    positions: { xy, dims },
    colors: { codes, lut },
    glide_ms: 0,
    dpr: 1,
    camera: { ...CAMERA, ...inDepth(dims) },
    look: { size_px: n > 500_000 ? 2 : 5, opacity: 0.9, rim: 0, density },
  };
}

function newCanvas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.style.cssText = `width: ${SIZE.width}px; height: ${SIZE.height}px`;
  document.body.replaceChildren(canvas);
  return canvas;
}

/** Wait until the GPU has done what it was told. */
function finish(canvas: HTMLCanvasElement): void {
  const gl = canvas.getContext("webgl2");
  gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

/** In ms: the first whole picture, gaps between frames while the camera moves (median, p95), whole again at rest. */
async function pace(kind: Kind, n: number, dims: 2 | 3) {
  const canvas = newCanvas();
  const scatter = createScatter(canvas, () => undefined, kind);
  const state = scene(n, dims, null);
  let began = performance.now();
  scatter.set(state);
  while (scatter.draw(await nextFrame()));
  finish(canvas);
  const first = performance.now() - began;
  const gaps: number[] = [];
  let before = await nextFrame();
  for (let i = 0; i < MOVES; i++) {
    const moved = dims === 3 ? { yaw: 0.5 + i * 0.01 } : { x: Math.sin(i / 20) };
    scatter.set({ camera: { ...CAMERA, ...inDepth(dims), ...moved } });
    const now = await nextFrame();
    scatter.draw(now);
    gaps.push(now - before);
    before = now;
  }
  began = performance.now();
  while (scatter.draw(await nextFrame()));
  finish(canvas);
  const rest = performance.now() - began;
  scatter.dispose();
  gaps.sort((a, b) => a - b);
  return { first, median: gaps[MOVES >> 1], p95: gaps[Math.floor(0.95 * MOVES)], rest };
}

async function picture(kind: Kind, state: Partial<ScatterState>): Promise<Uint8ClampedArray> {
  const canvas = newCanvas();
  const scatter = createScatter(canvas, () => undefined, kind);
  scatter.set(state);
  for (let now = 0; scatter.draw(now); now += 16) await new Promise((resolve) => setTimeout(resolve));
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(canvas, 0, 0);
  scatter.dispose();
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
}

/** How far the pictures of GPU and CPU are from each other, of 255: mean, and what 99 % of the bytes are within. */
async function difference(dims: 2 | 3, density: number) {
  const state = scene(COMPARED, dims, density);
  const [a, b] = [await picture("gpu", state), await picture("cpu", state)];
  const off = a.map((value, i) => Math.abs(value - (b[i] as number))).sort();
  return { mean: off.reduce((sum, value) => sum + value, 0) / off.length, p99: off[Math.floor(0.99 * off.length)] };
}

function renderer(): { name: string; isHardware: boolean } {
  const gl = document.createElement("canvas").getContext("webgl2");
  const names = gl?.getExtension("WEBGL_debug_renderer_info");
  return { name: String(gl?.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? 0)), isHardware: hasHardware() };
}

Object.assign(window, { pace, difference, renderer });
