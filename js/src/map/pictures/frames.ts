/** The grids that pictures are chosen on: one per level of closeness, fixed in data space, cut to what the camera sees. */

import type { Bounds, Camera, Size } from "../../scatter/camera";

/** A stretch of one axis: `count` cells from `start` on. */
export interface Axis {
  readonly start: number;
  readonly count: number;
}

/**
 * The part of one level's grid that matters now. Its cells are `cell` data units wide; pictures of this level stand
 * `spacing` = 2 cells apart at least. A flat map has one layer of cells.
 */
export interface Frame {
  readonly cell: number;
  readonly spacing: number;
  readonly axes: readonly [Axis, Axis, Axis];
}

/** Spacings beyond the view that are looked at too, so that what is on screen does not depend on where the view ends. */
const MARGIN = { flat: 4, deep: 1 };
/** A frame begins and ends at multiples of this many spacings: it stays the same while the camera moves a little. */
const GRAIN = 2;
const MOST_LEVELS = 24;

/**
 * The frames from the whole map to the closest needed, each inside the one before it.
 *
 * Level k has the spacing extent / 2^k; the last level is the first that is finer than `spacing_px` at this camera.
 *
 * @param before frames of the same bounds: on a flat map they stay as far as they hold what is needed now. Cut to less,
 * others could stand for the places at their edges, then for those beside them and so on: pictures would change places.
 */
export function framesOf(
  bounds: Bounds,
  camera: Camera,
  size: Size,
  spacing_px: number,
  before: readonly Frame[] = [],
): Frame[] {
  const isFlat = bounds.z0 === bounds.z1;
  const extent = Math.max(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0, bounds.z1 - bounds.z0) || 1;
  const wanted = spacing_px / camera.scale;
  const margin = isFlat ? MARGIN.flat : MARGIN.deep;
  const wide = size.width / 2 / camera.scale;
  const high = size.height / 2 / camera.scale;
  const any = Math.hypot(wide, high);
  const frames: Frame[] = [];
  let stays = isFlat;
  for (let level = 0; level < MOST_LEVELS; level++) {
    const spacing = extent / 2 ** level;
    const cell = spacing / 2;
    const grain = GRAIN * spacing;
    const axis = (middle: number, half: number, low: number, high: number): Axis => {
      const first = Math.max(0, Math.floor((middle - half - margin * spacing - low) / grain));
      const most = Math.floor((high - low) / grain) + 1;
      const last = Math.min(most, Math.ceil((middle + half + margin * spacing - low) / grain));
      return { start: low + first * grain, count: Math.max(0, last - first) * 2 * GRAIN };
    };
    const across = axis(camera.x, isFlat ? wide : any, bounds.x0, bounds.x1);
    const up = axis(camera.y, isFlat ? high : any, bounds.y0, bounds.y1);
    const deep = isFlat ? { start: bounds.z0, count: 1 } : axis(camera.z, any, bounds.z0, bounds.z1);
    const least: Frame = { cell, spacing, axes: [across, up, deep] };
    const old = before[level];
    stays &&= old?.axes.every((axis, a) => holds(axis, least.axes[a] as Axis, cell)) === true;
    frames.push(stays ? (old as Frame) : least);
    if (spacing < wanted) break;
  }
  return frames;
}

const holds = (a: Axis, b: Axis, cell: number) =>
  a.start <= b.start && (b.start - a.start) / cell + b.count < a.count + 0.5;

export function sameFrames(a: readonly Frame[], b: readonly Frame[]): boolean {
  const told = (frames: readonly Frame[]) =>
    frames.map(({ cell, axes }) => [cell, ...axes.flatMap(({ start, count }) => [start, count])].join()).join(";");
  return told(a) === told(b);
}

export function cellCount({ axes: [across, up, deep] }: Frame): number {
  return across.count * up.count * deep.count;
}

/** Column, line and layer of a position's cell along one axis; outside 0…count-1 when it is not in the frame. */
export function stepOf(axis: Axis, cell: number, value: number): number {
  return Math.floor((value - axis.start) / cell);
}

/** The cell of a position; -1 when it is not in the frame. */
export function cellOf({ axes: [across, up, deep], cell }: Frame, x: number, y: number, z: number): number {
  const column = stepOf(across, cell, x);
  const line = stepOf(up, cell, y);
  const layer = deep.count === 1 ? 0 : stepOf(deep, cell, z);
  const isInside =
    column >= 0 && column < across.count && line >= 0 && line < up.count && layer >= 0 && layer < deep.count;
  return isInside ? (layer * up.count + line) * across.count + column : -1;
}
