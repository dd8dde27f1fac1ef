/** The CPU rasteriser: a plain loop over typed arrays into an image. For machines whose WebGL is missing or software. */

import { MOST_SHARE, STEPS, squareOf } from "../crowd";
import type { Box, Cover } from "../pictures";
import { type Raster, type Rgb, THIN, type View } from "../raster";
import { standing, unweighted } from "./cover";
import { drawDeep, MOST_PREPARED } from "./deep";
import { drawDense, toned } from "./dense";
import { drawDenseDeep } from "./dense_deep";
import { drawFlat } from "./flat";
import type { Picture, Points } from "./picture";
import { addPlaced, type Placed, placed } from "./placed";
import { type Sprites, type Style, sprites } from "./sprites";
import { clear, inParts, type Sums, sumsOf, weightsOf } from "./sums";

/** Of a sprite among those that are prepared. */
const keyOf = (radius: number, isRing: boolean) => (isRing ? -radius : radius);

const packed = ([red, green, blue]: Rgb) => (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const FARTHEST = 1;

const LEAST_PAD = 32;

/** Enough for the points of a base drawn with `view`, and for the lit ones, which are somewhat larger. */
function padFor({ radius, rimWidth }: View): number {
  const reach = Math.max(1.25 * radius + 5, MOST_PREPARED) + 1.25 * rimWidth + 3;
  return Math.max(LEAST_PAD, 16 * Math.ceil(reach / 16));
}

function blank(width: number, height: number, pad: number): Picture {
  const stride = width + 2 * pad;
  return { pixels: new Uint32Array(stride * (height + 2 * pad)), width, height, stride, pad };
}

/** What is in front of pictures, on a canvas of its own. */
interface Front {
  readonly picture: Picture;
  readonly depths: Float32Array;
  readonly context: Context;
  /** How many of the points were looked at. */
  looked: number;
}

/** So many points are looked at in one go: in between the worker hears what is newer. */
const COVERING = 100_000;

function frontOf({ width, height, pad }: Picture): Front {
  const canvas = typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(1, 1);
  canvas.width = width;
  canvas.height = height;
  const picture = blank(width, height, pad);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as Context;
  return { picture, depths: new Float32Array(picture.pixels.length), context, looked: 0 };
}

/** @param inMemory the canvas is kept in memory, with no part in the browser's own GPU process */
export function cpuRaster(canvas: HTMLCanvasElement | OffscreenCanvas, inMemory = false): Raster {
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: inMemory }) as Context;
  let base = blank(0, 0, LEAST_PAD);
  /** The base under a veil with the lit points over it; made when there is such a thing to show. */
  let shown: Picture | null = null;
  const images = new WeakMap<Uint32Array, ImageData>();
  /** For the base and for the lit points; made when something is drawn in depth. */
  let depths: { readonly base: Float32Array; readonly lit: Float32Array } | null = null;
  /** Where density is drawn: the base as sums, and how they become its picture when it is next shown. */
  let sums: Sums | null = null;
  let developed: View | null = null;
  /** How the base was drawn last, up to which of the visible points. */
  let drawn: { readonly last: number; readonly view: View } | null = null;
  /** Of that base, where nothing but colours changed since. */
  let resting: { readonly placed: Placed; readonly view: View } | null = null;
  let boxes: readonly Box[] | null = null;
  let cover: Cover | null = null;
  let front: Front | null = null;
  let points: Points = {
    to: new Float32Array(0),
    from: null,
    dims: 2,
    codes: new Uint8Array(0),
    colors: new Uint32Array(1),
    tagged: null,
  };
  let visible: Uint32Array | null = null;
  let lit: Uint32Array = new Uint32Array(0);
  let style = "";
  const prepared = new Map<number, Sprites>();

  /** @param core of a tagged point; 0 for another */
  function spriteOf(view: Style, thin: number, core = 0): Sprites {
    const wanted = [view.opacity, view.rim, view.rimWidth, view.background, base.stride, thin].join();
    if (wanted !== style || prepared.size > 256) prepared.clear();
    style = wanted;
    const key = keyOf(view.radius, core > 0);
    let found = prepared.get(key);
    if (found === undefined) {
      found = sprites(view, base.stride, thin, core);
      prepared.set(key, found);
    }
    return found;
  }

  /** How many points are drawn, of flat ones. */
  const count = () => visible?.length ?? points.to.length / 2;
  const isDeep = (view: View) => points.dims === 3 || view.turn !== null;

  function draw(
    target: Picture,
    depth: Float32Array | undefined,
    list: Uint32Array | null,
    first: number,
    last: number,
    view: View,
  ): void {
    if (depth === undefined) {
      const ring = points.tagged !== null && view.core > 0 ? spriteOf(view, 0, view.core) : null;
      drawFlat(target, points, list, first, last, view, spriteOf(view, 0), ring);
    } else {
      const sized = (radius: number, isRing: boolean) =>
        prepared.get(keyOf(radius, isRing)) ?? spriteOf({ ...view, radius }, THIN, isRing ? view.core : 0);
      spriteOf(view, THIN);
      drawDeep(target, depth, points, list, first, last, view, sized);
    }
  }

  function deepened(view: View): void {
    if (!isDeep(view)) depths = null;
    else depths ??= { base: new Float32Array(base.pixels.length), lit: new Float32Array(base.pixels.length) };
  }

  function replace(by: Picture): void {
    base = by;
    shown = null;
    depths = null;
    sums = null;
    front = null;
    resting = null;
  }

  /** Draw more of what of `list` is in front of the pictures; null while there is more of it. */
  function covering(boxes: readonly Box[], list: Uint32Array | null, last: number, view: View): Cover | null {
    front ??= frontOf(base);
    const { picture, depths, context } = front;
    if (front.looked === 0) {
      picture.pixels.fill(0);
      standing(depths, picture, boxes);
    }
    if (front.looked < last || last === 0) {
      const end = Math.min(last, front.looked + COVERING);
      draw(picture, depths, list, front.looked, end, view);
      front.looked = end;
      if (end < last) return null;
      unweighted(picture.pixels);
    }
    put(context, picture);
    return { boxes, image: context.canvas };
  }

  /** What covers the pictures is to be looked for anew. */
  function uncover(): void {
    if (front !== null) front.looked = 0;
  }

  function put(context: Context, { pixels, width, height, stride, pad }: Picture): void {
    if (width < 1 || height < 1) return;
    let image = images.get(pixels);
    if (image === undefined) {
      const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer);
      image = new ImageData(bytes as Uint8ClampedArray<ArrayBuffer>, stride, height + 2 * pad);
      images.set(pixels, image);
    }
    context.putImageData(image, -pad, -pad, pad, pad, width, height);
  }

  return {
    kind: "cpu",
    resize(width, height) {
      replace(blank(width, height, base.pad));
      canvas.width = width;
      canvas.height = height;
    },
    positions(to, from, dims) {
      points = { ...points, to, from, dims };
      resting = null;
    },
    colors(codes, lut) {
      points = { ...points, codes, colors: new Uint32Array(lut.slice().buffer) };
      uncover();
    },
    tagged(flags) {
      points = { ...points, tagged: flags };
      uncover();
    },
    visible(slots) {
      visible = slots;
      resting = null;
    },
    lit(slots) {
      lit = slots;
      uncover();
    },
    pictures: () => undefined,
    boxes(next) {
      boxes = next;
      if (next === null) front = null;
      uncover();
    },
    cover: () => cover,
    base(first, last, view) {
      drawn = { last, view };
      uncover();
      const pad = padFor(view);
      if (first === 0 && pad !== base.pad) replace(blank(base.width, base.height, pad));
      if (view.tone === null) {
        sums = null;
        developed = null;
      } else {
        sums ??= sumsOf(base.pixels.length);
        if (first === 0) clear(sums);
        const { cells } = sums;
        const weights = weightsOf(points.colors);
        developed = view;
        const plain = { ...view, opacity: 1, rim: 0 };
        const sized = (radius: number) => prepared.get(radius) ?? spriteOf({ ...plain, radius }, 0);
        if (isDeep(view)) {
          spriteOf(plain, 0);
          inParts(sums, first, last, MOST_SHARE, (from, to) =>
            drawDenseDeep(cells, weights, base, points, visible, from, to, view, sized),
          );
        } else {
          const square = squareOf(view.radius);
          if (resting !== null && !sameSight(resting.view, view)) resting = null;
          if (resting !== null && square !== null && first === 0 && last === count()) {
            addPlaced(cells, weights, points.codes, resting.placed, base.stride, square.side);
            return;
          }
          const most = square === null ? STEPS : 1;
          inParts(sums, first, last, most, (from, to) =>
            drawDense(cells, weights, base, points, visible, from, to, view, () => spriteOf(plain, 0)),
          );
        }
        return;
      }
      deepened(view);
      if (first === 0) {
        base.pixels.fill(packed(view.background));
        depths?.base.fill(FARTHEST);
      }
      draw(base, depths?.base, visible, first, last, view);
    },
    present(last, view, veil) {
      if (sums !== null && developed?.tone) {
        const each = isDeep(developed) ? null : squareOf(developed.radius);
        toned(sums, base.pixels, developed.background, developed.tone, each?.weight ?? 1 / STEPS);
      }
      developed = null;
      let end = lit.length;
      while (end > 0 && (lit[end - 1] as number) >= last) end--;
      cover = null;
      let isCovered = true;
      if (boxes !== null && isDeep(view) && (veil > 0 || drawn?.view.tone === null)) {
        if (veil > 0 || drawn === null) cover = covering(boxes, lit, end, view);
        else cover = covering(boxes, visible, drawn.last, drawn.view);
        isCovered = cover !== null;
      }
      if (veil === 0 && end === 0) {
        shown = null;
        put(context, base);
        return isCovered;
      }
      shown ??= { ...base, pixels: new Uint32Array(base.pixels.length) };
      if (veil > 0) veiled(base.pixels, shown.pixels, view.background, veil);
      else shown.pixels.set(base.pixels);
      deepened(view);
      depths?.lit.fill(FARTHEST);
      draw(shown, depths?.lit, lit, 0, end, view);
      put(context, shown);
      return isCovered;
    },
    rest() {
      const square = drawn === null || sums === null || points.dims === 3 ? null : squareOf(drawn.view.radius);
      if (resting !== null || square === null || drawn === null || drawn.view.turn !== null) return;
      if (points.from !== null || drawn.last < count()) return;
      const found = placed(base, points, visible, drawn.view, square.side);
      if (found !== null) resting = { placed: found, view: drawn.view };
    },
    busy: () => false,
    measured: () => null,
    dispose: () => undefined,
  };
}

/** Whether two looks at a flat map have its points at the same pixels. */
const sameSight = (a: View, b: View) =>
  a.x === b.x && a.y === b.y && a.scale === b.scale && a.radius === b.radius && b.turn === null;

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
