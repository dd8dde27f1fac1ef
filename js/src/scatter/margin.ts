/** What is drawn around a flat map's pane while it is dragged, so that one picture serves until the hand has gone so far. */

import type { Camera } from "./camera";

/** On each side this share of the pane, and no more than so many CSS pixels. */
const SHARE = 0.25;
const MOST_PX = 240;
/** Beyond this share of it the next picture is asked for, while the last one still fills the pane. */
const SOON = 0.6;
/** A picture that is moved stays on whole pixels of the screen; it is as good as a new one when it is so near to where it should be. */
const OFF_PX = 0.05;

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

/** Whether `to` looks straight at the same points in the same size as `from`, from elsewhere. */
export function isPanned(from: Camera, to: Camera): boolean {
  const isStraight = from.yaw === 0 && from.pitch === 0 && to.yaw === 0 && to.pitch === 0;
  return isStraight && from.scale === to.scale && from.z === to.z;
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
