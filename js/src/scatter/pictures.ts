/** Pictures over the points, as numbers: boxes on the canvas, each with a frame, perhaps a ring, perhaps see-through. */

import type { Rgb } from "./raster";

/** Where a picture stands. Lengths are device pixels. */
export interface Box {
  /** Left upper corner, whole pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** How far from the eye, as `depthAt` tells it: in depth, points that are nearer cover the picture. */
  readonly depth: number;
}

/** One picture. One with a ring is in question, and nothing covers it. */
export interface Quad extends Box {
  readonly picture: ImageBitmap;
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
  /** The camera rests: there is time to look for what covers them among very many points. */
  readonly resting: boolean;
}

/** What stands in front of pictures that another hand draws over the points. */
export interface Cover {
  /** Those it was asked for. */
  readonly boxes: readonly Box[];
  /** As large as the canvas, and clear where nothing does. */
  readonly image: ImageBitmap | OffscreenCanvas | HTMLCanvasElement;
}

/** How far a picture and its frame reach beyond the box of the picture itself. */
export const aroundOf = ({ frame, ring }: Pick<Quad, "frame" | "ring">, line: number) =>
  frame + line * (ring === null ? 1 : 4);

/** No more than this many are kept on the GPU. */
export const MOST_QUADS = 320;
