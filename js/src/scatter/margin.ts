/** How long one picture of a flat map serves while the camera moves: dragged, it has a margin; zoomed, it is scaled. */

import type { Camera } from "./camera";

/** On each side this share of the pane, and no more than so many CSS pixels. */
const SHARE = 0.25;
const MOST_PX = 240;
/** Beyond this share of it the next picture is asked for, while the last one still fills the pane. */
const SOON = 0.6;
/** A picture that is moved stays on whole pixels of the screen; it is as good as a new one when it is so near to where it should be. */
const OFF_PX = 0.05;
/** A picture that is scaled by more than this shows its points too large or too small. */
const MOST_SCALED = 1.3;

/** In CSS pixels that are whole pixels of the screen too. */
export interface Margin {
  readonly across: number;
  readonly down: number;
}

export const NONE: Margin = { across: 0, down: 0 };

/** None where a screen's pixels and CSS pixels never fall together. */
export function marginOf(width: number, height: number, dpr: number): Margin {
  const whole = (side: number) => {
    const most = Math.floor(Math.min(MOST_PX, SHARE * side));
    for (let px = most; px > Math.max(0, most - 20); px--) if (Number.isInteger(px * dpr)) return px;
    return 0;
  };
  return { across: whole(width), down: whole(height) };
}

function isStraight(from: Camera, to: Camera): boolean {
  return from.yaw === 0 && from.pitch === 0 && to.yaw === 0 && to.pitch === 0 && from.z === to.z;
}

/** Whether `to` looks straight at the same points in the same size as `from`, from elsewhere. */
export function isPanned(from: Camera, to: Camera): boolean {
  return isStraight(from, to) && from.scale === to.scale;
}

/** Whether `to` looks straight at the same points as `from`, larger or smaller. */
export function isZoomed(from: Camera, to: Camera): boolean {
  return isStraight(from, to) && from.scale !== to.scale;
}

/** Whether a picture made by camera `from` and its margin, moved and scaled, fills a pane and will do until the next one. */
export function standsIn(from: Camera, margin: Margin, to: Camera, width: number, height: number): boolean {
  const ratio = to.scale / from.scale;
  if (!isStraight(from, to) || ratio > MOST_SCALED || ratio < 1 / MOST_SCALED) return false;
  const fills = (offset: number, side: number, around: number) =>
    Math.abs(offset) * to.scale <= (side / 2 + around) * ratio - side / 2;
  return fills(from.x - to.x, width, margin.across) && fills(from.y - to.y, height, margin.down);
}

/** How a picture made by camera `from` and its margin stands to what `to` sees: fills it, fills it just so, or does not. */
export function covering(from: Camera, margin: Margin, to: Camera, dpr: number): "well" | "just" | "not" {
  if (!isPanned(from, to)) return "not";
  const right = Math.abs(from.x - to.x) * to.scale;
  const down = Math.abs(from.y - to.y) * to.scale;
  const isOn = (px: number) => Math.abs(px * dpr - Math.round(px * dpr)) < OFF_PX;
  if (!isOn(right) || !isOn(down) || right > margin.across || down > margin.down) return "not";
  return right > SOON * margin.across || down > SOON * margin.down ? "just" : "well";
}
