/** The renderer alone on a page: `drawPoints` draws and answers the canvas's pixels. Bundled by test_scatter_pixels.py. */

import { maskOf } from "../../js/src/bitmask";
import { createScatter, type ScatterState } from "../../js/src/scatter/scatter";

interface Drawn {
  kind: "gpu" | "cpu";
  width: number;
  height: number;
  /** RGBA bytes from the top left, as base64. */
  pixels: string;
  /** requestAnimationFrame's worth of calls it took. */
  frames: number;
}

/** Typed arrays do not cross from Playwright: their bytes do, as base64. */
interface Scene extends Omit<Partial<ScatterState>, "positions" | "colors" | "lit" | "hidden" | "tagged"> {
  /** float32 */
  xy: string;
  dims: 2 | 3;
  /** uint8 */
  codes: string;
  lut: number[];
  lit: number[] | null;
  hidden: number[] | null;
  tagged: number[] | null;
  /** Take the GPU away in between, and give it back. */
  lose?: boolean;
  /** Positions to glide away from, drawn first. */
  before?: string;
  before_dims?: 2 | 3;
}

const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const places = (text: string, dims: 2 | 3) => ({ xy: new Float32Array(bytes(text).buffer), dims });

async function drawPoints(kind: "gpu" | "cpu", scene: Scene): Promise<Drawn> {
  const canvas = document.createElement("canvas");
  document.body.append(canvas);
  const scatter = createScatter(canvas, () => undefined, kind);
  const { xy, dims, lut, lit, hidden, tagged, before, before_dims = dims, lose, ...rest } = scene;
  const codes = bytes(scene.codes);
  const mask = (rows: number[] | null) => (rows === null ? null : maskOf(codes.length, rows));
  let frames = 0;
  /** A GPU is asked again in a later task; the canvas holds the last picture only until this one ends. */
  const finish = async () => {
    frames++;
    for (let now = 0; scatter.draw(now); now += 16) {
      frames++;
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  scatter.set({
    ...rest,
    positions: before === undefined ? places(xy, dims) : places(before, before_dims),
    colors: { codes, lut: Uint8Array.from(lut) },
    lit: mask(lit),
    hidden: mask(hidden),
    tagged: mask(tagged),
  });
  await finish();
  if (before !== undefined) {
    scatter.set({ positions: places(xy, dims) });
    await finish();
  }
  if (lose) {
    const happened = (name: string) => new Promise((resolve) => canvas.addEventListener(name, resolve, { once: true }));
    const context = canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context");
    const lost = happened("webglcontextlost");
    context?.loseContext();
    await lost;
    scatter.draw(0);
    await new Promise((resolve) => setTimeout(resolve));
    const restored = happened("webglcontextrestored");
    context?.restoreContext();
    await restored;
    await finish();
  }
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(canvas, 0, 0);
  const read = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let text = "";
  for (let i = 0; i < read.length; i += 32_768) text += String.fromCharCode(...read.subarray(i, i + 32_768));
  scatter.dispose();
  canvas.remove();
  return { kind: scatter.kind, width: copy.width, height: copy.height, pixels: btoa(text), frames };
}

Object.assign(window, { drawPoints });
