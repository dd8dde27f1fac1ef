/** What a rasteriser does; there is one for the GPU and one for the CPU, and they draw the same picture. */

import type { Turn } from "./camera";
import type { Tone } from "./crowd";
import type { Box, Cover, Quads } from "./pictures";

export type Rgb = readonly [number, number, number];

/** One look at the points. Lengths are device pixels; colours are 0…255. */
export interface View {
  /** Data position in the middle of the picture, and device pixels per data unit there. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly scale: number;
  readonly turn: Turn | null;
  /** 1 / distance from the eye to the middle, in data units; 0 = parallel. A point at depth d towards the viewer is 1 / (1 − perspective·d) as large. */
  readonly perspective: number;
  /** How far the points are from the old layout (0) to the new (1). */
  readonly t: number;
  readonly radius: number;
  /** In depth no point is larger than this. */
  readonly largest: number;
  readonly opacity: number;
  readonly rim: number;
  /** The width of the rim outside the radius. */
  readonly rimWidth: number;
  /** Of a tagged point this share of the radius is open: what is within has the colour of the background. */
  readonly core: number;
  readonly background: Rgb;
  /** Points of the base are added up and toned instead of drawn over each other: in depth all are seen, and what is near weighs more. */
  readonly tone: Tone | null;
}

/**
 * Points are known by slot, their place in the fixed random draw order.
 *
 * All of them form the base layer, kept between frames. A presented picture is the base layer, veiled towards the
 * background when some points are lit, with the lit ones drawn again on top: a selection never redraws the base.
 *
 * Positions of three numbers, or a turned view, are drawn in depth: the front-most point of a pixel wins, in the base
 * and among the lit, whatever the order; radii then are whole eighths of a pixel and so are centres.
 */
export interface Raster {
  readonly kind: "gpu" | "cpu";
  resize(width: number, height: number): void;
  /** `dims` float32 by slot; `from` is null when nothing moves. */
  positions(to: Float32Array, from: Float32Array | null, dims: 2 | 3): void;
  /** A colour code per slot, and the colours as RGBA bytes. */
  colors(codes: Uint8Array | Uint16Array, lut: Uint8Array): void;
  /** 1 for each slot that is tagged; null = none is. */
  tagged(flags: Uint8Array | null): void;
  /** The slots to draw, ascending; null = all. */
  visible(slots: Uint32Array | null): void;
  /** Slots to draw on top, ascending. */
  lit(slots: Uint32Array): void;
  /**
   * Pictures to draw over the points; null = none, and none are expected. The CPU draws none.
   *
   * In depth points nearer than a picture are drawn over it: while some are lit these alone, and none where the points
   * are toned, which are in front of nothing.
   */
  pictures(quads: Quads | null): void;
  /** Pictures that another hand draws, the last on top: `cover` answers what is in front of them. The GPU answers nothing. */
  boxes(boxes: readonly Box[] | null): void;
  /** Of what was presented last. */
  cover(): Cover | null;
  /** Add visible slots first…last-1 to the base layer; first = 0 starts a new one. */
  base(first: number, last: number, view: View): void;
  /**
   * Show the base layer, `veil` (0…1) of it hidden, and the lit slots below `last` on top, and the pictures; false when
   * some of these are still to come.
   */
  present(last: number, lit: View, veil: number): boolean;
  /** Nothing is likely to be drawn soon: time to prepare for other colours of what was drawn last. */
  rest(): void;
  /** Whether the last picture is still being made. */
  busy(): boolean;
  /** What the GPU's own clock says since it was asked last: how long it took to add so many points; null without one. */
  measured(): readonly { readonly points: number; readonly ms: number }[] | null;
  dispose(): void;
}

/** Nearer to the eye than this share of its distance, a point is not drawn. */
export const NEAREST = 0.05;

/** The depth that no point is nearer than. */
export const AT_THE_EYE = -1;

/** How far from the eye something is that is `sides` picture sides before the middle: -1 (at the eye) … 1 (farthest). */
export function depthAt(sides: number): number {
  return -sides / (1 + Math.abs(sides));
}

/** In depth, the radius of a point `f` times as large as in the middle. */
export function radiusAt(radius: number, f: number, largest: number): number {
  return Math.min(largest, Math.max(SMALLEST, Math.floor(radius * f * 8 + 0.5) / 8));
}
export const SMALLEST = 3 / 8;

/** In depth, a pixel that a point covers less than this is left alone: what is behind may still have it. */
export const THIN = 0.4;
