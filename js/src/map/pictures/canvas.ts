/** Draws pictures on a plain canvas. */

import { css } from "../../palette";
import type { Painter, Rgb, Shown } from "./paint";
import { sharpPictures } from "./sharp";

/** Time a frame may spend on making pictures sharp, while sizes change and once they stay. */
const SHARPEN_MS = { moving: 2, resting: 8 };

export function canvasPainter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext("2d");
  const sharp = sharpPictures();
  let wasEmpty = true;

  function box({ left, top, width, height }: Shown, out: number, color: Rgb): void {
    if (context === null) return;
    context.fillStyle = css(color);
    context.fillRect(left - out, top - out, width + 2 * out, height + 2 * out);
  }

  return {
    kind: "cpu",
    resize(width, height) {
      canvas.width = width;
      canvas.height = height;
      wasEmpty = true;
    },
    paint(shown, { background, line, moving }) {
      if (context === null || (wasEmpty && shown.length === 0)) return false;
      wasEmpty = shown.length === 0;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.imageSmoothingQuality = "low";
      sharp.begin(moving ? SHARPEN_MS.moving : SHARPEN_MS.resting);
      let more = false;
      for (const one of shown) {
        const { row, picture, left, top, width, height, frame, ring, share, veil } = one;
        context.globalAlpha = share;
        if (ring !== null) {
          box(one, frame + 4 * line, background);
          box(one, frame + 3 * line, ring);
        }
        box(one, frame + line, background);
        context.globalAlpha = share * (1 - veil);
        box(one, frame, one.color);
        if (veil > 0) {
          context.globalAlpha = share;
          box(one, 0, background);
          context.globalAlpha = share * (1 - veil);
        }
        // While a picture comes or goes its size changes with every frame: none of those is worth keeping.
        const ready = share < 1 ? null : sharp.get(row, picture, width, height);
        context.drawImage(ready ?? picture, left, top, width, height);
        if (share === 1 && ready?.width !== width) more = true;
      }
      context.globalAlpha = 1;
      return more;
    },
    dispose() {
      sharp.clear();
      canvas.width = 0;
      canvas.height = 0;
    },
  };
}
