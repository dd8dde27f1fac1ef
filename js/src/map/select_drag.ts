/** Drawing a lasso or a box, or painting: the points inside light up at once, and are selected on release. */

import { batch } from "@preact/signals";
import { combined, emptyMask, without } from "../bitmask";
import { toData } from "../scatter/camera";
import type { Mode, Outline, RowMask, Store } from "../store";
import { type Field, fieldOf } from "./field";
import { outlineOnPane } from "./outline";
import type { Overlay } from "./overlay";
import type { ViewState } from "./view_state";

/** A gesture under way, fed with the pointer's place in CSS pixels of the pane. */
export interface Drag {
  move(sx: number, sy: number, mode: Mode): void;
  /** Released; `moved` is false when it was but a click. */
  end(moved: boolean): void;
  cancel(): void;
}

/** Corners of a lasso nearer than this to the one before are left out. */
const CORNER_PX = 2;
/** Lighting that takes longer than this, with millions of rows, is done less often, so that the line follows the hand. */
const LONG_MS = 20;

/** Before the first lighting all rows are looked at where the map is turned: so many in one go, and so long in a frame. */
const PART = 100_000;
const PREPARE_MS = 8;

/** What a gesture has drawn so far, as rows. */
interface Drawn {
  /** Where all rows are; null while there is no map. */
  field(): Field | null;
  rows(): RowMask;
  /** In CSS pixels, x0, y0, …; empty when nothing is to stay visible. */
  outline(): readonly number[];
  mode(): Mode;
}

/**
 * Light what is drawn, once per frame, and keep the rows: on release they are there already.
 *
 * @param kept the outline that stays with a selection of `count` rows
 */
function lighting(
  store: Store,
  overlay: Overlay,
  drawn: Drawn,
  base: RowMask,
  kept: (count: number) => Outline | undefined,
) {
  let frame = 0;
  let rested = 0;
  let rows: RowMask | null = null;

  function light(): void {
    if (performance.now() < rested) {
      frame = requestAnimationFrame(light);
      return;
    }
    const begun = performance.now();
    const field = drawn.field();
    while (field !== null && !field.go(PART)) {
      if (performance.now() - begun < PREPARE_MS) continue;
      frame = requestAnimationFrame(light);
      return;
    }
    frame = 0;
    rows ??= without(drawn.rows(), store.hidden.peek());
    store.setPreview(combined(base, rows, drawn.mode()));
    const now = performance.now();
    if (now - begun > LONG_MS) rested = now + 2 * (now - begun);
  }
  return {
    changed() {
      rows = null;
      overlay.outline(drawn.outline());
      if (frame === 0) frame = requestAnimationFrame(light);
    },
    finish(select: boolean) {
      cancelAnimationFrame(frame);
      overlay.outline([]);
      batch(() => {
        if (select) {
          rows ??= without(drawn.rows(), store.hidden.peek());
          store.select(rows, drawn.mode(), kept(rows.count));
        }
        store.setPreview(null);
      });
    },
  };
}

const frontOf = (store: Store, view: ViewState) => (view.behindToo.peek() ? null : { hidden: store.hidden.peek() });

/** @param tool what is drawn: an outline, freely or as a box, or a round brush that paints */
export function selectDrag(
  store: Store,
  view: ViewState,
  overlay: Overlay,
  tool: "lasso" | "box" | "brush",
  sx: number,
  sy: number,
  first: Mode,
): Drag {
  const layout = store.layout.peek();
  const n = store.traits.n.peek();
  const camera = view.camera.peek();
  const size = view.size.peek();
  const base = store.selection.peek();
  const corners = [sx, sy];
  let field: Field | null = null;
  let mode = first;
  let painted = emptyMask(n);
  let paintedTo = 0;

  const here = () => {
    field ??= layout === null ? null : fieldOf(layout, camera, size, frontOf(store, view));
    return field;
  };
  function closed(): readonly number[] {
    if (tool !== "box") return corners;
    const [ax, ay, bx, by] = [corners[0], corners[1], corners.at(-2), corners.at(-1)] as [
      number,
      number,
      number,
      number,
    ];
    return [ax, ay, bx, ay, bx, by, ax, by];
  }
  const drawn: Drawn = {
    field: here,
    rows() {
      const found = here();
      if (found === null) return emptyMask(n);
      if (tool !== "brush") return found.inside(closed());
      if (paintedTo < corners.length) {
        painted = found.along(corners.slice(Math.max(0, paintedTo - 2)), view.brush_px.peek(), painted);
        paintedTo = corners.length;
      }
      return painted;
    },
    outline: () => (tool === "brush" ? [] : closed()),
    mode: () => mode,
  };
  const lit = lighting(store, overlay, drawn, base, (count) => {
    if (layout === null || tool === "brush" || count === 0) return undefined;
    const places: number[] = [];
    const outline = closed();
    for (let c = 0; c + 1 < outline.length; c += 2) {
      places.push(...toData(camera, size, outline[c] as number, outline[c + 1] as number));
    }
    return { layout: layout.name, corners: places, base, mode };
  });
  if (tool === "brush") lit.changed();

  return {
    move(x, y, newMode) {
      mode = newMode;
      if (tool === "box") corners.splice(2, 2, x, y);
      else if (Math.hypot(x - (corners.at(-2) as number), y - (corners.at(-1) as number)) >= CORNER_PX)
        corners.push(x, y);
      lit.changed();
    },
    end: (moved) => lit.finish(moved || tool === "brush"),
    cancel: () => lit.finish(false),
  };
}

/** Moving an outline that was drawn before: what it selects moves with it. */
export function outlineDrag(
  store: Store,
  view: ViewState,
  overlay: Overlay,
  moved: Outline,
  sx: number,
  sy: number,
): Drag {
  const layout = store.layout.peek();
  const camera = view.camera.peek();
  const size = view.size.peek();
  const start = outlineOnPane(moved, camera, size);
  const n = store.traits.n.peek();
  let by = [0, 0] as [number, number];
  let field: Field | null = null;
  const there = () => start.map((place, c) => place + (by[c & 1] as number));
  const here = () => {
    field ??= layout === null ? null : fieldOf(layout, camera, size, frontOf(store, view));
    return field;
  };
  const drawn: Drawn = {
    field: here,
    rows: () => here()?.inside(there()) ?? emptyMask(n),
    outline: there,
    mode: () => moved.mode,
  };
  const shifted = (): Outline => {
    const [ox, oy, oz] = toData(camera, size, 0, 0);
    const [nx, ny, nz] = toData(camera, size, ...by);
    const shift = [nx - ox, ny - oy, nz - oz];
    return { ...moved, corners: moved.corners.map((place, c) => place + (shift[c % 3] as number)) };
  };
  const lit = lighting(store, overlay, drawn, moved.base, shifted);
  return {
    move(x, y) {
      by = [x - sx, y - sy];
      lit.changed();
    },
    end: (hasMoved) => lit.finish(hasMoved),
    cancel: () => lit.finish(false),
  };
}
