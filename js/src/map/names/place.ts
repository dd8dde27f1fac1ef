/** Which names are shown: the most important first, none over another, over the legend or out of the pane. */

import type { Size } from "../../scatter/camera";

export interface Label {
  readonly code: number;
  /** The middle of the label and its size, CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly importance: number;
}

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Names at first look; coming closer allows more. */
const FIRST = 9;
const MOST = 60;
/** A name that is shown counts this much more, so that two of nearly the same importance do not take turns. */
const STAYS = 1.3;
const GAP_PX = 2;

/** How many names there may be at this zoom, 1 = all points are in the pane. */
export function mostNames(zoom: number): number {
  return Math.min(MOST, Math.round(FIRST * Math.max(1, zoom) ** 0.6));
}

export function rectOf({ x, y, width, height }: Label): Rect {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
}

export function meet(a: Rect, b: Rect, gap = 0): boolean {
  return a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap;
}

/**
 * The codes of the labels to show, most important first. Equal importance: the lower code.
 *
 * @param blocked what no name may lie over
 * @param shown codes shown now
 */
export function placedNames(
  labels: readonly Label[],
  blocked: readonly Rect[],
  pane: Size,
  most: number,
  shown: { has(code: number): boolean },
): number[] {
  const weight = ({ code, importance }: Label) => importance * (shown.has(code) ? STAYS : 1);
  const sorted = [...labels].sort((a, b) => weight(b) - weight(a) || a.code - b.code);
  const taken: Rect[] = [];
  const codes: number[] = [];
  for (const label of sorted) {
    if (codes.length >= most) break;
    const rect = rectOf(label);
    if (!(rect.left >= 0 && rect.top >= 0 && rect.right <= pane.width && rect.bottom <= pane.height)) continue;
    if (blocked.some((other) => meet(rect, other)) || taken.some((other) => meet(rect, other, GAP_PX))) continue;
    taken.push(rect);
    codes.push(label.code);
  }
  return codes;
}
