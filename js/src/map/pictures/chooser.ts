/** Keeps the choice of pictures up with the camera, a slice of work per frame. */

import { has } from "../../bitmask";
import { type Bounds, type Camera, lens, positionOf, type Size, seenThrough } from "../../scatter/camera";
import type { Layout, RowMask } from "../../store";
import { type Scan, scan } from "./candidates";
import { type Frame, framesOf, sameFrames } from "./frames";
import { placed } from "./place";
import { type Representatives, representatives } from "./representatives";
import type { Room } from "./size";

export interface Question {
  readonly layout: Layout;
  readonly bounds: Bounds;
  readonly hidden: RowMask | null;
  readonly selection: RowMask;
  readonly camera: Camera;
  readonly size: Size;
  readonly room: Room;
  /** How far beyond the pane pictures are chosen too, in CSS pixels. */
  readonly around_px: number;
  /** Rows that come first. */
  readonly first: readonly number[];
}

export interface Chooser {
  /**
   * The rows to show for this question, as far as is known: rows are looked at for about `budget_ms`, and `isDone` tells
   * whether there is more to look at. While there is, the rows are those found for the question before.
   */
  rows(
    question: Question,
    shown: { has(row: number): boolean },
    budget_ms: number,
  ): { rows: number[]; isDone: boolean };
}

interface Asked {
  readonly layout: Layout;
  readonly hidden: RowMask | null;
  readonly selection: RowMask;
  readonly frames: readonly Frame[];
}

type Telling = Generator<void, Representatives[]>;

export function chooser(): Chooser {
  let running: { asked: Asked; work: Scan; told: Telling | null } | null = null;
  let answered: Asked | null = null;
  let found: Representatives[] = [];

  const isSame = (a: Asked | null, b: Asked) =>
    a !== null &&
    a.layout === b.layout &&
    a.hidden === b.hidden &&
    a.selection === b.selection &&
    sameFrames(a.frames, b.frames);

  /** A scan under way is finished though the camera moved on: else a long one would never be, while one pans. */
  function keepUp(asked: Asked, budget_ms: number): boolean {
    const { xy, dims } = asked.layout;
    if (running !== null && (running.asked.layout !== asked.layout || running.asked.hidden !== asked.hidden))
      running = null;
    if (running === null && isSame(answered, asked)) return true;
    const end = performance.now() + budget_ms;
    running ??= { asked, work: scan(xy, dims, asked.frames, asked.hidden, asked.selection), told: null };
    if (running.told === null && !running.work.work(budget_ms)) return false;
    running.told ??= telling(xy, dims, running.asked.frames, running.work);
    let step = running.told.next();
    while (step.done !== true) {
      if (performance.now() >= end) return false;
      step = running.told.next();
    }
    found = step.value;
    answered = running.asked;
    running = null;
    return isSame(answered, asked);
  }

  function* telling(xy: Float32Array, dims: number, frames: readonly Frame[], { selected, all }: Scan): Telling {
    const told: Representatives[] = [];
    for (const cells of [selected, all]) if (cells !== null) told.push(yield* representatives(xy, dims, frames, cells));
    return told;
  }

  return {
    rows({ layout, bounds, hidden, selection, camera, size, room, around_px, first }, shown, budget_ms) {
      if (answered?.layout !== layout) [found, answered] = [[], null];
      const frames = framesOf(bounds, camera, size, room.spacing_px, answered?.frames);
      const isDone = keepUp({ layout, hidden, selection, frames }, budget_ms);
      const through = lens(camera, size);
      const rows = placed({
        first: first.filter((row) => hidden === null || !has(hidden, row)),
        from: found,
        shown,
        scale: camera.scale,
        room,
        size,
        around_px,
        isDeep: layout.dims === 3,
        at(row) {
          const [sx, sy, , closer] = seenThrough(through, ...positionOf(layout.xy, layout.dims, row));
          return Number.isFinite(sx + sy) ? [sx, sy, closer] : null;
        },
      });
      return { rows, isDone };
    },
  };
}
