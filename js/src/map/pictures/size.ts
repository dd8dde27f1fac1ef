/** How large pictures are and how far apart, by how much room the points have. */

import type { Size } from "../../scatter/camera";

/** CSS pixels: the longer side of a picture, and how far apart the middles of two are at least, in x or in y. */
export interface Room {
  readonly size_px: number;
  readonly spacing_px: number;
}

export const MOST_PICTURES = 300;

/** How much of a pane a map's points usually spread over. */
const SPREAD = 0.3;
/** Points this much nearer to each other than a picture is wide have no room: pictures stand for many. */
const CROWDED = 1 / 6;
/** While points are crowded, pictures are smaller and leave room to see the points between them. */
const SMALLEST = 0.6;
const APART = { crowded: 1.7, roomy: 1.12 };
/** Towards the slider's end it is pictures that one wants to see: they come side by side. */
const WANTED_PX = { usual: 56, most: 160 };
/** Where there is more room than pictures need they grow with it, slowly. */
const GROWTH = 0.35;
const LARGEST = 1.8;

/** In depth a picture is as much larger as its point is nearer to the eye, within these. */
export const IN_DEPTH = { smallest: 0.4, largest: 2.2 };

/** @param closer how many times larger than in the middle the picture's place is seen; 1 on a flat map */
export function sizeSeen(closer: number): number {
  return Math.min(IN_DEPTH.largest, Math.max(IN_DEPTH.smallest, closer));
}

/** How much paler a picture in depth is for each part of its size that it loses by being farther, and at most. */
const HAZE = { each: 1.8, most: 0.6 };

/** How much the background covers a picture in depth: the farther behind the middle of the pane, the more. */
export function hazeSeen(closer: number): number {
  return Math.min(HAZE.most, Math.max(0, HAZE.each * (1 - closer)));
}

/**
 * @param picture_px what the slider says
 * @param n points with a position
 * @param zoom how many times closer than the fitted view
 */
export function roomOf(picture_px: number, n: number, pane: Size, zoom: number): Room {
  const area = pane.width * pane.height;
  const between_px = zoom * Math.sqrt((SPREAD * area) / Math.max(1, n));
  const ease = Math.min(1, Math.max(0, 1 - Math.log(between_px / picture_px) / Math.log(CROWDED)));
  const grown = Math.min(LARGEST, Math.max(1, between_px / picture_px) ** GROWTH);
  const size_px = picture_px * (SMALLEST + (1 - SMALLEST) * ease) * grown;
  const wanted = Math.min(1, Math.max(0, (picture_px - WANTED_PX.usual) / (WANTED_PX.most - WANTED_PX.usual)));
  const apart = APART.crowded + (APART.roomy - APART.crowded) * Math.max(ease, wanted);
  return { size_px, spacing_px: Math.max(size_px * apart, Math.sqrt((0.6 * area) / MOST_PICTURES)) };
}
