/** Round points as weighted pixels, prepared for every sub-pixel place. */

import { THIN, type View } from "../raster";
import type { Picture } from "./picture";

/** Places per pixel side: a point's centre is rounded to 1/8 pixel, so an edge is off by at most 16 of 255. */
export const PHASES = 8;

export const INTS_PER_PIXEL = 5;

/**
 * `pixels` holds, per covered pixel: its offset from the pixel of the centre, the weight of the point's colour, the
 * weight of what is below (both of 256), and the rim's own red+blue and green, already weighted and with the rounding half.
 * `starts[phase]` … `starts[phase + 1]` are the ints of one phase; phase = line * PHASES + column.
 */
export interface Sprites {
  readonly starts: Int32Array;
  readonly pixels: Int32Array;
  readonly reach: number;
}

/** How much of a pixel at distance d is covered by a disc: the formula of the GPU's shader. */
function coverage(radius: number, d: number): number {
  return Math.min(1, Math.max(0, radius + 0.5 - d));
}

/** What of a view makes a sprite. */
export type Style = Pick<View, "radius" | "opacity" | "rim" | "rimWidth" | "background">;

/**
 * @param thin pixels covered less than this are left out
 * @param core the share of the radius that is open
 */
export function sprites(view: Style, stride: number, thin = 0, core = 0): Sprites {
  const outer = view.rim > 0 ? view.radius + view.rimWidth : view.radius;
  const reach = Math.ceil(outer + 0.5) + 1;
  const [red, green, blue] = view.background;
  const starts = new Int32Array(PHASES * PHASES + 1);
  const pixels: number[] = [];
  for (let phase = 0; phase < PHASES * PHASES; phase++) {
    const cx = ((phase % PHASES) + 0.5) / PHASES;
    const cy = (Math.floor(phase / PHASES) + 0.5) / PHASES;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const d = Math.hypot(dx + 0.5 - cx, dy + 0.5 - cy);
        const fill = coverage(view.radius, d);
        const whole = coverage(outer, d);
        if (whole < thin) continue;
        const open = core > 0 ? coverage(core * view.radius, d) : 0;
        const rim = (whole - fill) * view.rim + open;
        const own = Math.round(256 * view.opacity * (fill - open));
        const edge = Math.round(256 * view.opacity * rim);
        if (own + edge === 0) continue;
        const redBlue = ((red | (blue << 16)) * edge + 0x800080) | 0;
        pixels.push(dy * stride + dx, own, 256 - own - edge, redBlue, green * edge + 0x80);
      }
    }
    starts[phase + 1] = pixels.length;
  }
  return { starts, pixels: Int32Array.from(pixels), reach };
}

/** Blend one sprite over `image` (RGBA as little-endian uint32) with its centre in pixel `at`. */
export function splat(image: Uint32Array, at: number, color: number, sprite: Sprites, phase: number): void {
  const pixels = sprite.pixels;
  const end = sprite.starts[phase + 1] as number;
  const redBlue = color & 0xff00ff;
  const green = (color >>> 8) & 0xff;
  for (let p = sprite.starts[phase] as number; p < end; p += INTS_PER_PIXEL) {
    const target = at + (pixels[p] as number);
    const own = pixels[p + 1] as number;
    const keep = pixels[p + 2] as number;
    const below = image[target] as number;
    const rb = (Math.imul(below & 0xff00ff, keep) + Math.imul(redBlue, own) + (pixels[p + 3] as number)) >>> 8;
    const g = Math.imul((below >>> 8) & 0xff, keep) + Math.imul(green, own) + (pixels[p + 4] as number);
    image[target] = 0xff000000 | (rb & 0xff00ff) | (g & 0xff00);
  }
}

/** Blend one sprite over `image`, whose colours are weighted with their alpha, where nothing nearer stands in `depths`, and note its depth there. */
export function splatDeep(
  image: Uint32Array,
  depths: Float32Array,
  at: number,
  depth: number,
  color: number,
  sprite: Sprites,
  phase: number,
): void {
  const pixels = sprite.pixels;
  const end = sprite.starts[phase + 1] as number;
  const redBlue = color & 0xff00ff;
  const green = (color >>> 8) & 0xff;
  for (let p = sprite.starts[phase] as number; p < end; p += INTS_PER_PIXEL) {
    const target = at + (pixels[p] as number);
    if (depth > (depths[target] as number)) continue;
    depths[target] = depth;
    const own = pixels[p + 1] as number;
    const keep = pixels[p + 2] as number;
    const below = image[target] as number;
    const rb = (Math.imul(below & 0xff00ff, keep) + Math.imul(redBlue, own) + (pixels[p + 3] as number)) >>> 8;
    const g = Math.imul((below >>> 8) & 0xff, keep) + Math.imul(green, own) + (pixels[p + 4] as number);
    const alpha = (Math.imul(below >>> 24, keep) + 255 * (256 - keep) + 0x80) >>> 8;
    image[target] = (alpha << 24) | (rb & 0xff00ff) | (g & 0xff00);
  }
}

/** What `splatDeep` does, for a disc at (x, y) of the picture that no sprite was prepared for. */
export function discDeep(
  picture: Picture,
  depths: Float32Array,
  x: number,
  y: number,
  radius: number,
  depth: number,
  color: number,
  view: Style,
  core: number,
): void {
  const { pixels, width, height, stride, pad } = picture;
  const { opacity, background } = view;
  const outer = view.rim > 0 ? radius + view.rimWidth : radius;
  const cx = (Math.floor(x * PHASES) + 0.5) / PHASES;
  const cy = (Math.floor(y * PHASES) + 0.5) / PHASES;
  const reach = outer + 0.5;
  const lastX = Math.min(width, Math.ceil(cx + reach));
  const lastY = Math.min(height, Math.ceil(cy + reach));
  for (let py = Math.max(0, Math.floor(cy - reach)); py < lastY; py++) {
    for (let px = Math.max(0, Math.floor(cx - reach)); px < lastX; px++) {
      const d = Math.sqrt((px + 0.5 - cx) ** 2 + (py + 0.5 - cy) ** 2);
      const whole = coverage(outer, d);
      if (whole < THIN) continue;
      const target = (py + pad) * stride + px + pad;
      if (depth > (depths[target] as number)) continue;
      depths[target] = depth;
      const fill = coverage(radius, d);
      const open = core > 0 ? coverage(core * radius, d) : 0;
      const own = opacity * (fill - open);
      const edge = opacity * ((whole - fill) * view.rim + open);
      const keep = 1 - own - edge;
      const below = pixels[target] as number;
      const red = (below & 0xff) * keep + (color & 0xff) * own + background[0] * edge + 0.5;
      const green = ((below >>> 8) & 0xff) * keep + ((color >>> 8) & 0xff) * own + background[1] * edge + 0.5;
      const blue = ((below >>> 16) & 0xff) * keep + ((color >>> 16) & 0xff) * own + background[2] * edge + 0.5;
      const alpha = (below >>> 24) * keep + 255 * (own + edge) + 0.5;
      pixels[target] = (alpha << 24) | (blue << 16) | (green << 8) | red;
    }
  }
}
