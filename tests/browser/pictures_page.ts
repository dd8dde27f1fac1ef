/** Pictures over points by GPU and by canvas: `drawPictures` answers the pixels. Bundled by test_picture_pixels.py. */

import { canvasPainter } from "../../js/src/map/pictures/canvas";
import { gpuPainter } from "../../js/src/map/pictures/gpu";
import type { Shown } from "../../js/src/map/pictures/paint";
import { flatCamera } from "../../js/src/scatter/camera";
import type { Look } from "../../js/src/scatter/look";
import type { Box } from "../../js/src/scatter/pictures";
import { depthAt, type Rgb } from "../../js/src/scatter/raster";
import { createScatter } from "../../js/src/scatter/scatter";

interface One extends Omit<Shown, "picture" | "row" | "depth"> {
  /** Data units before the middle. */
  near: number;
  /** Size of the thumbnail, and what it shows. */
  of: [number, number];
  seed: number;
}

interface Scene {
  /** Drawn one after the other on the same map; the last is answered. */
  frames: One[][];
  width: number;
  height: number;
  dpr: number;
  background: Rgb;
  /** Data positions, `dims` numbers each. */
  points?: number[];
  dims?: 2 | 3;
  /** Whether the camera rests, so that points in front of pictures are looked for. */
  resting?: boolean;
  look?: Look;
  /** The points that are drawn vivid. */
  lit?: number[];
  /** Take the GPU away after the first frame, and give it back. */
  lose?: boolean;
  /** Give the pictures' memory back after the first frame. */
  rest?: boolean;
}

/** CSS pixels per data unit. */
const SCALE = 10;

function bitsOf(rows: number[], n: number): Uint8Array {
  const bits = new Uint8Array((n + 7) >> 3);
  for (const row of rows) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  return bits;
}

/** Soft colours with an edge and a line in it: what a photograph has. */
async function thumbnail([width, height]: [number, number], seed: number): Promise<ImageBitmap> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  const sky = context.createLinearGradient(0, 0, width, height);
  sky.addColorStop(0, `hsl(${(seed * 47) % 360} 70% 60%)`);
  sky.addColorStop(1, `hsl(${(seed * 47 + 120) % 360} 60% 35%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = `hsl(${(seed * 91) % 360} 80% 80%)`;
  context.beginPath();
  context.arc(width * 0.4, height * 0.55, Math.min(width, height) * 0.25, 0, 7);
  context.fill();
  context.fillRect(width * 0.7, 0, Math.max(2, width / 20), height);
  return createImageBitmap(canvas);
}

const thumbnails = new Map<string, ImageBitmap>();

async function shownOf(frame: One[], perSide: number): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const { of, seed, near, ...rest } of frame) {
    const key = `${of} ${seed}`;
    const picture = thumbnails.get(key) ?? (await thumbnail(of, seed));
    thumbnails.set(key, picture);
    shown.push({ ...rest, row: seed, picture, depth: depthAt(near * perSide) });
  }
  return shown;
}

async function drawPictures(kind: "gpu" | "cpu", scene: Scene): Promise<{ kind: string; pixels: string }> {
  const { width, height, dpr, background, points = [], dims = 2, lit } = scene;
  const n = points.length / dims;
  const stage = document.createElement("div");
  const canvas = document.createElement("canvas");
  canvas.className = "pt-map-canvas";
  stage.append(canvas);
  document.body.append(stage);
  const scatter = createScatter(canvas, () => undefined, kind);
  const front = { boxes: (boxes: readonly Box[] | null) => scatter.set({ boxes }), cover: scatter.cover };
  const painter = kind === "gpu" ? gpuPainter((pictures) => scatter.set({ pictures })) : canvasPainter(stage, front);
  scatter.set({
    positions: { xy: new Float32Array(points), dims },
    colors: { codes: new Uint8Array(n).fill(1), lut: Uint8Array.from([0, 0, 0, 255, 200, 30, 30, 255]) },
    camera: flatCamera(0, 0, SCALE),
    look: scene.look ?? { size_px: 9, opacity: 1, rim: 0, density: 0 },
    lit: lit ? { bits: bitsOf(lit, n), count: lit.length } : null,
    ...{ width, height, dpr, background },
  });
  painter.resize(Math.round(width * dpr), Math.round(height * dpr), dpr);
  const pause = () => new Promise((resolve) => setTimeout(resolve));
  async function finish(shown: readonly Shown[]): Promise<void> {
    const plain = shown.map((one) => ({ ...one, ring: null }));
    const ringed = shown.filter(({ ring }) => ring !== null);
    const paint = () =>
      painter.paint(plain, ringed, {
        background,
        line: Math.round(dpr),
        moving: false,
        covered: dims === 3 && scene.resting !== false,
      });
    for (;;) {
      const more = paint();
      // The GPU's canvas holds its picture until the task ends that draws it.
      if (!scatter.draw(performance.now()) && !more) return;
      await pause();
    }
  }
  for (const [at, frame] of scene.frames.entries()) {
    await finish(await shownOf(frame, SCALE / Math.max(width, height)));
    if (at > 0) continue;
    if (scene.rest) painter.rest();
    if (scene.lose && kind === "gpu") {
      const happened = (name: string) =>
        new Promise((resolve) => canvas.addEventListener(name, resolve, { once: true }));
      const context = canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context");
      const lost = happened("webglcontextlost");
      context?.loseContext();
      await lost;
      await pause();
      const restored = happened("webglcontextrestored");
      context?.restoreContext();
      await restored;
    }
  }
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d") as OffscreenCanvasRenderingContext2D;
  for (const layer of stage.querySelectorAll<HTMLCanvasElement>("canvas:not([hidden])")) {
    const at = new DOMMatrix(layer.style.transform);
    const from = (side: string, moved: number) => Math.round((Number.parseFloat(side || "0") + moved) * dpr);
    context.drawImage(layer, from(layer.style.left, at.e), from(layer.style.top, at.f));
  }
  const read = context.getImageData(0, 0, copy.width, copy.height).data;
  let text = "";
  for (let i = 0; i < read.length; i += 32_768) text += String.fromCharCode(...read.subarray(i, i + 32_768));
  painter.dispose();
  scatter.dispose();
  stage.remove();
  return { kind: scatter.kind, pixels: btoa(text) };
}

Object.assign(window, { drawPictures });
