/** What stands in front of pictures: points nearer than the box of the picture that is on top at their pixel. */

import type { Box } from "../pictures";
import { AT_THE_EYE } from "../raster";
import type { Picture } from "./picture";

/** Fill `depths`, a number per pixel of `picture`, so that only what is in front of a box is drawn; the last box is on top. */
export function standing(depths: Float32Array, { width, height, stride, pad }: Picture, boxes: readonly Box[]): void {
  depths.fill(AT_THE_EYE);
  for (const box of boxes) {
    const first = pad + Math.max(0, box.left);
    const end = pad + Math.min(width, box.left + box.width);
    const last = Math.min(height, box.top + box.height);
    if (first >= end) continue;
    for (let y = Math.max(0, box.top); y < last; y++) {
      const line = (y + pad) * stride;
      depths.fill(box.depth, line + first, line + end);
    }
  }
}

/** Colours that are weighted with their alpha as they are without it. */
export function unweighted(pixels: Uint32Array): void {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i] as number;
    const alpha = pixel >>> 24;
    if (alpha === 0 || alpha === 255) continue;
    const red = Math.min(255, ((pixel & 0xff) * 255) / alpha + 0.5);
    const green = Math.min(255, (((pixel >>> 8) & 0xff) * 255) / alpha + 0.5);
    const blue = Math.min(255, (((pixel >>> 16) & 0xff) * 255) / alpha + 0.5);
    pixels[i] = (alpha << 24) | (blue << 16) | (green << 8) | red;
  }
}
