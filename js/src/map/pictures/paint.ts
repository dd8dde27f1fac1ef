/** What draws pictures; there is one for the GPU and one for a plain canvas, and they draw the same. */

import type { Quad, Quads } from "../../scatter/pictures";

export type { Rgb } from "../../scatter/raster";

/** The picture of a row. */
export interface Shown extends Quad {
  readonly row: number;
}

export const sameColor = (a: Quad["ring"], b: Quad["ring"]) =>
  a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1] && a[2] === b[2]);

/** Whether two pictures are drawn the same, wherever they are. */
export const isAlike = (a: Quad, b: Quad) =>
  a.picture === b.picture &&
  a.width === b.width &&
  a.height === b.height &&
  a.frame === b.frame &&
  a.share === b.share &&
  a.veil === b.veil &&
  sameColor(a.color, b.color) &&
  sameColor(a.ring, b.ring);

export interface PictureLook extends Pick<Quads, "background" | "line"> {
  /** Sizes change with every frame: it is not the time to make each of them sharp. */
  readonly moving: boolean;
  /** In depth and at rest: points in front of pictures are to be seen. */
  readonly covered: boolean;
}

export interface Painter {
  readonly kind: "gpu" | "cpu";
  /** The pane in device pixels, of which there are `dpr` per CSS pixel. */
  resize(width: number, height: number, dpr: number): void;
  /**
   * In the order given, the last on top; `ringed` are some of them once more, with their rings and over all others.
   * True while pictures are still to be made sharp.
   */
  paint(shown: readonly Shown[], ringed: readonly Shown[], look: PictureLook): boolean;
  /** No pictures are wanted any more: give back what they took. */
  rest(): void;
  dispose(): void;
}
