/** How large a picture of the map may be. */

import type { Size } from "../../scatter/camera";

/** A browser's canvas is no longer than this on a side, and memory is there for so many pixels. */
const MOST_SIDE = 16_384;
const MOST_PIXELS = 64 * 1024 * 1024;

/** Whole pixels of a picture `times` as large as the pane is on this screen. */
export function sizeOf(pane: Size, dpr: number, times: number): Size {
  return { width: Math.round(pane.width * dpr * times), height: Math.round(pane.height * dpr * times) };
}

export function fits({ width, height }: Size): boolean {
  return Math.max(width, height) <= MOST_SIDE && width * height <= MOST_PIXELS;
}
