/** What draws pictures; there is one for the GPU and one for a plain canvas, and they draw the same. */

export type Rgb = readonly [number, number, number];

/** One picture. Lengths are device pixels. */
export interface Shown {
  readonly row: number;
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

export interface PictureLook {
  readonly background: Rgb;
  /** The width of a hairline, device pixels. */
  readonly line: number;
  /** Sizes change with every frame: it is not the time to make each of them sharp. */
  readonly moving: boolean;
}

export interface Painter {
  readonly kind: "gpu" | "cpu";
  /** Device pixels. */
  resize(width: number, height: number): void;
  /** In the order given, the last on top; true while pictures are still to be made sharp. */
  paint(shown: readonly Shown[], look: PictureLook): boolean;
  dispose(): void;
}
