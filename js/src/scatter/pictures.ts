/** Pictures over the points, as numbers: boxes on the canvas, each with a frame, perhaps a ring, perhaps see-through. */

import type { Rgb } from "./raster";

/** One picture. Lengths are device pixels. */
export interface Quad {
  readonly picture: ImageBitmap;
  /** Left upper corner, whole pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The frame around it, in the point's colour. */
  readonly color: Rgb;
  readonly frame: number;
  /** A line around the frame: the row is hovered or focused. */
  readonly ring: Rgb | null;
  /** How much of it is there, and how much of that is veiled towards the background, 0…1. */
  readonly share: number;
  readonly veil: number;
}

/** Pictures in the order they are drawn, the last on top. */
export interface Quads {
  readonly shown: readonly Quad[];
  readonly background: Rgb;
  /** The width of a hairline, device pixels. */
  readonly line: number;
}

/** No more than this many are kept on the GPU. */
export const MOST_QUADS = 320;
