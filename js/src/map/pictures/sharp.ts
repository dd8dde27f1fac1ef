/** Thumbnails at exactly the size they are drawn at, made once and kept: scaling one well takes longer than drawing it. */

type Canvas = OffscreenCanvas | HTMLCanvasElement;

interface Made {
  readonly canvas: Canvas;
  readonly of: ImageBitmap;
}

export interface SharpPictures {
  /**
   * The picture at width × height, else what there is that is not much larger or smaller; null when there is neither
   * and no time left to make it.
   */
  get(row: number, picture: ImageBitmap, width: number, height: number): Canvas | null;
  /** A new frame begins, with `budget_ms` to make pictures in. */
  begin(budget_ms: number): void;
  clear(): void;
}

const MOST_BYTES = 48e6;
/** Scaled by no more than this, a picture made for another size will do for the moment. */
const NEAR = 1.6;

function blank(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

export function sharpPictures(): SharpPictures {
  const made = new Map<number, Made>();
  let bytes = 0;
  let end = 0;

  function forget(row: number): void {
    const old = made.get(row);
    if (old === undefined) return;
    bytes -= 4 * old.canvas.width * old.canvas.height;
    made.delete(row);
  }

  function make(row: number, picture: ImageBitmap, width: number, height: number): Canvas | null {
    const canvas = blank(width, height);
    const context = canvas.getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
    if (context === null) return null;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, width, height);
    forget(row);
    made.set(row, { canvas, of: picture });
    bytes += 4 * width * height;
    for (const oldest of made.keys()) {
      if (bytes <= MOST_BYTES || oldest === row) break;
      forget(oldest);
    }
    return canvas;
  }

  return {
    begin(budget_ms) {
      end = performance.now() + budget_ms;
    },
    get(row, picture, width, height) {
      const known = made.get(row);
      const isIts = known?.of === picture;
      if (isIts && known.canvas.width === width && known.canvas.height === height) {
        made.delete(row);
        made.set(row, known);
        return known.canvas;
      }
      if (performance.now() < end) return make(row, picture, width, height);
      const ratio = isIts ? known.canvas.width / width : 0;
      return isIts && ratio < NEAR && ratio > 1 / NEAR ? known.canvas : null;
    },
    clear() {
      made.clear();
      bytes = 0;
    },
  };
}
