/** A picture of the map as a PNG: what the view shows of points, pictures and names, at any size, and none of the tools. */

import type { Store } from "../../store";
import { boxesOf } from "../pictures/canvas";
import type { PictureLayer } from "../pictures/layer";
import { putPicture } from "../pictures/put";
import type { Surface } from "../surface";
import type { Colors } from "../theme";
import { namesOn, write } from "./names";
import { sharper } from "./sharper";

export interface Shot {
  /** How many times as large as it is on this screen. */
  readonly times: number;
  readonly withPictures: boolean;
  readonly withNames: boolean;
}

/** Time to draw pictures in before the page has its turn. */
const SLICE_MS = 8;

const pause = () => new Promise((resume) => setTimeout(resume));

/** @param root the map's element. Rejects when it is too large for this browser, or with the reason of `signal`. */
export async function snapshot(
  store: Store,
  surface: Surface,
  layer: PictureLayer,
  root: HTMLElement,
  colors: Colors,
  { times, withPictures, withNames }: Shot,
  signal: AbortSignal,
): Promise<Blob> {
  const dpr = times * (window.devicePixelRatio || 1);
  const pictures = withPictures ? layer.still(dpr) : [];
  const names = withNames ? namesOn(root) : [];
  const coming = sharper(store, pictures, signal);
  const look = { background: colors.background, line: Math.max(1, Math.round(dpr)) };
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("this browser draws no pictures");
  /** What of the points is in front of pictures. */
  const front = document.createElement("canvas");
  try {
    await surface.still(
      times,
      boxesOf(pictures, look.line),
      (points, cover) => {
        canvas.width = points.width;
        canvas.height = points.height;
        context.drawImage(points, 0, 0);
        if (cover === null) return;
        front.width = points.width;
        front.height = points.height;
        front.getContext("2d")?.drawImage(cover.image, 0, 0);
      },
      signal,
    );
    context.imageSmoothingQuality = "high";
    const images = await coming;
    let end = performance.now() + SLICE_MS;
    for (const one of pictures) {
      const image = images.get(one.row) ?? one.picture;
      // A thumbnail that was let go of meanwhile has no size.
      if (image.width > 0) putPicture(context, one, image, look);
      if (performance.now() < end) continue;
      await pause();
      signal.throwIfAborted();
      end = performance.now() + SLICE_MS;
    }
    if (front.width === canvas.width) context.drawImage(front, 0, 0);
    write(context, names, colors, dpr);
    const png = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (png === null) throw new Error("it is too large for this browser");
    return png;
  } finally {
    for (const one of [canvas, front]) {
      one.width = 0;
      one.height = 0;
    }
  }
}
