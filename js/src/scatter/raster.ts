/** What a rasteriser does; there is one for the GPU and one for the CPU, and they draw the same picture. */

export type Rgb = readonly [number, number, number];

/** One look at the points. Lengths are device pixels; colours are 0…255. */
export interface View {
  /** Data position in the middle of the picture, and device pixels per data unit. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** How far the points are from the old layout (0) to the new (1). */
  readonly t: number;
  readonly radius: number;
  readonly opacity: number;
  readonly rim: number;
  /** The width of the rim outside the radius. */
  readonly rimWidth: number;
  readonly background: Rgb;
}

/**
 * Points are known by slot, their place in the fixed random draw order.
 *
 * All of them form the base layer, kept between frames. A presented picture is the base layer, veiled towards the
 * background when some points are lit, with the lit ones drawn again on top: a selection never redraws the base.
 */
export interface Raster {
  readonly kind: "gpu" | "cpu";
  resize(width: number, height: number): void;
  /** (2n) float32 by slot; `from` is null when nothing moves. */
  positions(to: Float32Array, from: Float32Array | null): void;
  /** A colour code per slot, and the colours as RGBA bytes. */
  colors(codes: Uint8Array | Uint16Array, lut: Uint8Array): void;
  /** Slots to draw on top, ascending. */
  lit(slots: Uint32Array): void;
  /** Add slots first…last-1 to the base layer; first = 0 starts a new one. */
  base(first: number, last: number, view: View): void;
  /** Show the base layer, `veil` (0…1) of it hidden, and the lit slots below `last` on top. */
  present(last: number, lit: View, veil: number): void;
  /** Whether the last picture is still being made. */
  busy(): boolean;
  dispose(): void;
}
