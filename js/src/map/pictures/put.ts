/** One picture on a canvas, with its frame and its ring. */

import { css } from "../../palette";
import type { PictureLook, Rgb, Shown } from "./paint";

/** Draw one picture, its frame and its ring; `image` is what is drawn in the picture's place. */
export function putPicture(
  context: CanvasRenderingContext2D,
  one: Shown,
  image: CanvasImageSource,
  { background, line }: Pick<PictureLook, "background" | "line">,
): void {
  const { left, top, width, height, frame, ring, share, veil } = one;
  function box(out: number, color: Rgb): void {
    context.fillStyle = css(color);
    context.fillRect(left - out, top - out, width + 2 * out, height + 2 * out);
  }
  context.globalAlpha = share;
  if (ring !== null) {
    box(frame + 4 * line, background);
    box(frame + 3 * line, ring);
  }
  box(frame + line, background);
  context.globalAlpha = share * (1 - veil);
  box(frame, one.color);
  if (veil > 0) {
    context.globalAlpha = share;
    box(0, background);
    context.globalAlpha = share * (1 - veil);
  }
  context.drawImage(image, left, top, width, height);
  context.globalAlpha = 1;
}
