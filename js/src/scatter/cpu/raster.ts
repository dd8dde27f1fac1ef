/** The CPU rasteriser: a plain loop over typed arrays into an image. For machines whose WebGL is missing or software. */

import { NOWHERE } from "../permutation";
import type { Raster, Rgb, View } from "../raster";
import { PHASES, type Sprites, splat, sprites } from "./sprites";

/** Pixels kept free around the picture, so that a point at the edge needs no clipping. */
const PAD = 32;

const packed = ([red, green, blue]: Rgb) => (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;

export function cpuRaster(canvas: HTMLCanvasElement): Raster {
  const context = canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
  let width = 0;
  let height = 0;
  let stride = 0;
  let base = new Uint32Array(0);
  let shown = new Uint32Array(0);
  let image: ImageData | null = null;
  let to: Float32Array = new Float32Array(0);
  let from: Float32Array | null = null;
  let codes: Uint8Array | Uint16Array = new Uint8Array(0);
  let colors = new Uint32Array(1);
  let lit: Uint32Array = new Uint32Array(0);
  let background: Rgb = [0, 0, 0];
  const prepared = new Map<string, Sprites>();

  function spritesFor(view: View): Sprites {
    const key = [view.radius, view.opacity, view.rim, view.rimWidth, view.background, stride].join();
    let found = prepared.get(key);
    if (found === undefined) {
      if (prepared.size >= 4) prepared.clear();
      found = sprites(view, stride);
      prepared.set(key, found);
    }
    return found;
  }

  /** Draw `count` points into `target`; the slots are `list[first…]`, or first, first + 1, … when there is no list. */
  function draw(target: Uint32Array, list: Uint32Array | null, first: number, last: number, view: View): void {
    const sprite = spritesFor(view);
    const { x, y, scale, t } = view;
    const left = width / 2 - x * scale;
    const top = height / 2 + y * scale;
    const margin = Math.min(sprite.reach, PAD) - 1;
    const lastX = width + margin;
    const lastY = height + margin;
    const shownSlots = (t * to.length) / 2;
    for (let i = first; i < last; i++) {
      const slot = list === null ? i : (list[i] as number);
      let px = to[2 * slot] as number;
      let py = to[2 * slot + 1] as number;
      if (from !== null) {
        const fx = from[2 * slot] as number;
        if (fx !== NOWHERE && px !== NOWHERE) {
          px = fx + (px - fx) * t;
          py = (from[2 * slot + 1] as number) * (1 - t) + py * t;
        } else if (slot >= shownSlots) continue;
      }
      const sx = left + px * scale;
      const sy = top - py * scale;
      if (!(sx >= -margin && sx < lastX && sy >= -margin && sy < lastY)) continue;
      const eighthX = ((sx + PAD) * PHASES) | 0;
      const eighthY = ((sy + PAD) * PHASES) | 0;
      const phase = (eighthY % PHASES) * PHASES + (eighthX % PHASES);
      const at = ((eighthY / PHASES) | 0) * stride + ((eighthX / PHASES) | 0);
      splat(target, at, colors[codes[slot] as number] as number, sprite, phase);
    }
  }

  return {
    kind: "cpu",
    resize(w, h) {
      width = w;
      height = h;
      canvas.width = w;
      canvas.height = h;
      stride = w + 2 * PAD;
      base = new Uint32Array(stride * (h + 2 * PAD));
      shown = new Uint32Array(base.length);
      image = w > 0 && h > 0 ? new ImageData(new Uint8ClampedArray(shown.buffer), stride, h + 2 * PAD) : null;
      prepared.clear();
    },
    positions(newTo, newFrom) {
      to = newTo;
      from = newFrom;
    },
    colors(newCodes, lut) {
      codes = newCodes;
      colors = new Uint32Array(lut.slice().buffer);
    },
    lit(slots) {
      lit = slots;
    },
    base(first, last, view) {
      background = view.background;
      if (first === 0) base.fill(packed(background));
      draw(base, null, first, last, view);
    },
    present(last, view, veil) {
      if (image === null) return;
      if (veil > 0) veiled(base, shown, view.background, veil);
      else shown.set(base);
      let end = lit.length;
      while (end > 0 && (lit[end - 1] as number) >= last) end--;
      draw(shown, lit, 0, end, view);
      context.putImageData(image, -PAD, -PAD);
    },
    busy: () => false,
    dispose() {
      image = null;
    },
  };
}

/** Mix every pixel of `from` towards `background` by `veil`, into `to`. */
function veiled(from: Uint32Array, to: Uint32Array, background: Rgb, veil: number): void {
  const cover = Math.round(256 * veil);
  const keep = 256 - cover;
  const redBlue = ((background[0] | (background[2] << 16)) * cover + 0x800080) | 0;
  const green = background[1] * cover + 0x80;
  for (let i = 0; i < from.length; i++) {
    const below = from[i] as number;
    const rb = (Math.imul(below & 0xff00ff, keep) + redBlue) >>> 8;
    const g = Math.imul((below >>> 8) & 0xff, keep) + green;
    to[i] = 0xff000000 | (rb & 0xff00ff) | (g & 0xff00);
  }
}
