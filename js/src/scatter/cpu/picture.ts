/** What the CPU rasteriser draws, and into what. */

/** By slot: places to go to and from, and a colour code; `colors` are RGBA as little-endian uint32 by code. */
export interface Points {
  readonly to: Float32Array;
  readonly from: Float32Array | null;
  readonly dims: 2 | 3;
  readonly codes: Uint8Array | Uint16Array;
  readonly colors: Uint32Array;
  /** 1 for those that are tagged; null = none is. */
  readonly tagged: Uint8Array | null;
}

/**
 * `stride` pixels a line, `pad` more than the picture on each side: kept free, so that a point at the edge needs no
 * clipping. No point reaches farther than that.
 */
export interface Picture {
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly pad: number;
}
