/**
 * Pictures on the GPU: a texture array whose layers are square cells, all of one size, as many as are needed at once.
 *
 * When cells become too small or too few, another array is filled beside the one in use and takes its place once it
 * holds everything shown: no picture goes missing meanwhile. Its cells are never larger than what is drawn asks for.
 */

import { MOST_QUADS, type Quad } from "../pictures";
import { type Shelf, shelf } from "./shelf";

const CELLS = [64, 128, 256] as const;
const FEWEST = 32;

/** A picture in its cell: the layer, and the part of the cell it fills from the left upper corner, in texels. */
export interface Cell {
  readonly layer: number;
  readonly width: number;
  readonly height: number;
}

export interface Album {
  /** Bring what is shown onto the GPU, for about `budget_ms`; true once all of it is there. */
  bring(shown: readonly Quad[], budget_ms: number): boolean;
  /** Where a picture is; null while it is not there. */
  cell(picture: ImageBitmap): Cell | null;
  /** Texels along a cell. */
  readonly side: number;
  bind(): void;
  /** Give all of it back. */
  clear(): void;
}

interface Sheet {
  readonly texture: WebGLTexture | null;
  readonly side: number;
  readonly layers: number;
  readonly held: Shelf<ImageBitmap>;
}

/** The longer side a picture needs in texels: as large as it is drawn, and no larger than it is. */
const need = ({ picture, width, height }: Quad) =>
  Math.min(Math.max(width, height), Math.max(picture.width, picture.height));

/** A picture as it lies in a cell of `side` texels. */
function fitting({ width, height }: ImageBitmap, side: number): { width: number; height: number } {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

export function album(gl: WebGL2RenderingContext): Album {
  let used: Sheet | null = null;
  let coming: Sheet | null = null;
  let scratch: OffscreenCanvas | HTMLCanvasElement | null = null;

  function sheet(side: number, layers: number): Sheet {
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA8, side, side, layers);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return { texture, side, layers, held: shelf(layers) };
  }

  function drop(old: Sheet | null): void {
    gl.deleteTexture(old?.texture ?? null);
  }

  /** A picture at the size of its cell: scaled by the browser, well and once. */
  function scaled(picture: ImageBitmap, width: number, height: number): TexImageSource {
    if (picture.width === width && picture.height === height) return picture;
    scratch ??=
      typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(width, height);
    scratch.width = width;
    scratch.height = height;
    const context = scratch.getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
    if (context === null) return picture;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, width, height);
    return scratch;
  }

  function upload({ texture, side }: Sheet, layer: number, picture: ImageBitmap): void {
    const { width, height } = fitting(picture, side);
    const source = scaled(picture, width, height);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, width, height, 1, gl.RGBA, gl.UNSIGNED_BYTE, source);
  }

  function filled(target: Sheet, shown: readonly Quad[], end: number): boolean {
    const pictures = new Set(shown.map(({ picture }) => picture));
    for (const picture of pictures) {
      // A picture that was let go of has no size.
      if (picture.width === 0 || target.held.find(picture) >= 0) continue;
      if (performance.now() >= end) return false;
      const layer = target.held.place(picture, (other) => !pictures.has(other));
      if (layer >= 0) upload(target, layer, picture);
    }
    return true;
  }

  return {
    get side() {
      return used?.side ?? 0;
    },
    bring(shown, budget_ms) {
      if (shown.length === 0) return true;
      const end = performance.now() + budget_ms;
      const most = shown.reduce((side, quad) => Math.max(side, need(quad)), 0);
      const side = Math.max(coming?.side ?? used?.side ?? 0, CELLS.find((cell) => cell >= most) ?? CELLS[2]);
      let layers = coming?.layers ?? used?.layers ?? FEWEST;
      while (layers < shown.length && layers < MOST_QUADS) layers = Math.min(MOST_QUADS, 2 * layers);
      const newest = coming ?? used;
      if (newest === null || side > newest.side || layers > newest.layers) {
        drop(coming);
        coming = sheet(side, layers);
      }
      if (coming === null) return filled(used as Sheet, shown, end);
      const isWhole = filled(coming, shown, end);
      if (isWhole || used === null) {
        drop(used);
        used = coming;
        coming = null;
      }
      return isWhole;
    },
    cell(picture) {
      const layer = used === null ? -1 : used.held.find(picture);
      return layer < 0 ? null : { layer, ...fitting(picture, (used as Sheet).side) };
    },
    bind() {
      gl.bindTexture(gl.TEXTURE_2D_ARRAY, used?.texture ?? null);
    },
    clear() {
      drop(used);
      drop(coming);
      used = null;
      coming = null;
      scratch = null;
    },
  };
}
