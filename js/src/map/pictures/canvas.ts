/** Draws pictures on a plain canvas over the points. */

import { css } from "../../palette";
import { aroundOf, type Box, type Cover } from "../../scatter/pictures";
import { movedTo } from "./moved";
import type { Painter, PictureLook, Shown } from "./paint";
import { putPicture } from "./put";
import { ringedPictures } from "./ringed";
import { sharpPictures } from "./sharp";

/**
 * So far beyond the pane, in CSS pixels, pictures are drawn: while a flat map is dragged they are moved as they are. To draw
 * them anew took 5 ms of a core for each frame, most of it the browser's.
 */
export const AROUND_PX = 80;

/** Time a frame may spend on making pictures sharp, while sizes change and once they stay. */
const SHARPEN_MS = { moving: 2, resting: 8 };

/** What of the points covers pictures: asked for when these rest, known some time later. */
export interface Front {
  boxes(boxes: readonly Box[] | null): void;
  cover(): Cover | null;
}

/** The places of pictures with their frames, the nearest last. */
export function boxesOf(shown: readonly Shown[], line: number): Box[] {
  return shown
    .map(({ left, top, width, height, depth, frame }) => {
      const out = aroundOf({ frame, ring: null }, line);
      return { left: left - out, top: top - out, width: width + 2 * out, height: height + 2 * out, depth };
    })
    .sort((a, b) => b.depth - a.depth);
}

const sameBox = (a: Box, b: Box) =>
  a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height && a.depth === b.depth;

/** @param stage holds the points' canvases and gets one for the pictures over them */
export function canvasPainter(stage: HTMLElement, front: Front): Painter {
  const canvas = document.createElement("canvas");
  canvas.className = "pt-map-canvas pt-map-pictures";
  canvas.setAttribute("aria-hidden", "true");
  canvas.hidden = true;
  const points = [...stage.querySelectorAll(":scope > .pt-map-canvas")].at(-1);
  if (points === undefined) stage.prepend(canvas);
  else points.after(canvas);
  const context = canvas.getContext("2d");
  const sharp = sharpPictures();
  const rings = ringedPictures(canvas);
  let wasEmpty = true;
  let pane = { width: 0, height: 0, around: 0, dpr: 1 };
  /** What is on the canvas, once all of it is sharp: drawn again it would be mixed with the page again for nothing. */
  let settled: { readonly shown: readonly Shown[]; readonly look: string; readonly cover: Cover | null } | null = null;
  let asked: readonly Box[] | null = null;

  /** Device pixels, from where it was drawn. */
  function place(right: number, down: number): void {
    canvas.style.transform = right === 0 && down === 0 ? "" : `translate(${right / pane.dpr}px, ${down / pane.dpr}px)`;
  }

  /** What covers the pictures, where that is known. */
  function coverOf(boxes: readonly Box[] | null): Cover | null {
    const isSame =
      boxes === null || asked === null
        ? boxes === asked
        : boxes.length === asked.length && boxes.every((box, i) => sameBox(box, asked?.[i] as Box));
    if (!isSame) {
      asked = boxes;
      front.boxes(boxes);
    }
    const cover = front.cover();
    return cover === null || cover.boxes !== asked ? null : cover;
  }

  /** While a picture comes or goes its size changes with every frame: none of those is worth keeping. */
  const sharpOf = ({ row, picture, width, height, share }: Shown) =>
    share < 1 ? null : sharp.get(row, picture, width, height);
  const imageOf = (one: Shown) => sharpOf(one) ?? one.picture;

  function paint(shown: readonly Shown[], { background, line, moving, covered }: PictureLook): boolean {
    if (context === null || (wasEmpty && shown.length === 0)) return false;
    const said = `${css(background)} ${line}`;
    const cover = coverOf(covered && shown.length > 0 ? boxesOf(shown, line) : null);
    if (settled?.look === said && settled.cover === cover && shown.length > 0) {
      const moved = movedTo(settled.shown, shown, { ...pane, line });
      if (moved !== null && (cover === null || (moved.right === 0 && moved.down === 0))) {
        place(moved.right, moved.down);
        return false;
      }
    }
    place(0, 0);
    wasEmpty = shown.length === 0;
    // Without pictures it would still be mixed with the points in every frame.
    canvas.hidden = wasEmpty;
    const { around } = pane;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.translate(around, around);
    context.imageSmoothingQuality = "low";
    sharp.begin(moving ? SHARPEN_MS.moving : SHARPEN_MS.resting);
    let more = false;
    for (const one of shown) {
      const ready = sharpOf(one);
      putPicture(context, one, ready ?? one.picture, { background, line });
      if (one.share === 1 && ready?.width !== one.width) more = true;
    }
    if (cover !== null) context.drawImage(cover.image, 0, 0);
    settled = more ? null : { shown, look: said, cover };
    return more;
  }

  return {
    kind: "cpu",
    resize(width, height, dpr) {
      const around = Math.round(AROUND_PX * dpr);
      pane = { width, height, around, dpr };
      canvas.width = width + 2 * around;
      canvas.height = height + 2 * around;
      const { style } = canvas;
      [style.left, style.top] = [`${-around / dpr}px`, `${-around / dpr}px`];
      [style.width, style.height] = [`${canvas.width / dpr}px`, `${canvas.height / dpr}px`];
      canvas.hidden = true;
      wasEmpty = true;
      settled = null;
    },
    paint(shown, ringed, look) {
      const more = paint(shown, look);
      rings.paint(ringed, look, pane.dpr, imageOf);
      return more;
    },
    rest: sharp.clear,
    dispose() {
      if (asked !== null) front.boxes(null);
      sharp.clear();
      rings.dispose();
      canvas.width = 0;
      canvas.height = 0;
      canvas.remove();
    },
  };
}
