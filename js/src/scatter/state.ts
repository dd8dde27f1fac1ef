/** What is drawn: the state of a map's points, set piece by piece. */

import { type Camera, flatCamera } from "./camera";
import type { Look } from "./look";
import type { Box, Quads } from "./pictures";
import type { Rgb } from "./raster";

/** A set of rows: `bits[r >> 3] & (1 << (r & 7))`. */
export interface Rows {
  readonly bits: Uint8Array;
  readonly count: number;
}

export interface ScatterState {
  /** `dims` numbers per row; others for the same number of rows make the points glide there. */
  positions: { readonly xy: Float32Array; readonly dims: 2 | 3 } | null;
  /** A colour code per row, and colours as RGBA bytes by code. */
  colors: { readonly codes: Uint8Array | Uint16Array; readonly lut: Uint8Array } | null;
  /** Rows drawn vivid and on top while the others step back; null = none do. */
  lit: Rows | null;
  /** Rows that are not drawn at all; null = none. */
  hidden: Rows | null;
  /** Rows drawn as rings while points are large; null = none are. */
  tagged: Rows | null;
  /** Drawn over the points, by the GPU only; null gives their memory back. */
  pictures: Quads | null;
  /** Pictures that another hand draws over the points of the CPU, which answers what covers them; null = none do. */
  boxes: readonly Box[] | null;
  camera: Camera;
  look: Look;
  background: Rgb;
  /** CSS pixels, and device pixels per CSS pixel. */
  width: number;
  height: number;
  dpr: number;
  glide_ms: number;
}

export function emptyState(): ScatterState {
  return {
    positions: null,
    colors: null,
    lit: null,
    hidden: null,
    tagged: null,
    pictures: null,
    boxes: null,
    camera: flatCamera(0, 0, 1),
    look: { size_px: 5, opacity: 0.9, rim: 0, density: null },
    background: [255, 255, 255],
    width: 0,
    height: 0,
    dpr: 1,
    glide_ms: 600,
  };
}

export const widthOf = ({ width, dpr }: ScatterState) => Math.round(width * dpr);
export const heightOf = ({ height, dpr }: ScatterState) => Math.round(height * dpr);
