/** Drawing a lasso or a box: the points inside light up while it is drawn, and are selected on release. */

import { combined, without } from "../bitmask";
import { toData } from "../scatter/camera";
import { rowsInBox, rowsInPolygon } from "../scatter/lasso";
import type { Mode, RowMask, Store } from "../store";
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

export function selectDrag(
  store: Store,
  view: ViewState,
  overlay: Overlay,
  tool: "lasso" | "box",
  sx: number,
  sy: number,
  first: Mode,
): Drag {
  const corners = [sx, sy];
  let mode = first;
  let frame = 0;

  function inside(): RowMask | null {
    const layout = store.layout.peek();
    if (layout === null) return null;
    const data: number[] = [];
    for (let c = 0; c < corners.length; c += 2) {
      const [x, y] = toData(view.camera.peek(), view.size.peek(), corners[c] as number, corners[c + 1] as number);
      data.push(x, y);
    }
    if (tool === "lasso") return rowsInPolygon(layout.xy, layout.dims, data);
    const [ax, ay, bx, by] = [data[0], data[1], data.at(-2), data.at(-1)] as [number, number, number, number];
    return rowsInBox(layout.xy, layout.dims, ax, ay, bx, by);
  }

  function drawOutline(): void {
    const [ax, ay, bx, by] = [corners[0], corners[1], corners.at(-2), corners.at(-1)] as [
      number,
      number,
      number,
      number,
    ];
    overlay.outline(tool === "lasso" ? corners : [ax, ay, bx, ay, bx, by, ax, by]);
  }

  function light(): void {
    frame = 0;
    const rows = inside();
    store.setPreview(rows === null ? null : combined(store.selection.peek(), without(rows, store.hidden.peek()), mode));
  }

  function finish(): void {
    cancelAnimationFrame(frame);
    overlay.outline([]);
    store.setPreview(null);
  }

  return {
    move(x, y, newMode) {
      mode = newMode;
      if (tool === "box") corners.splice(2, 2, x, y);
      else if (Math.hypot(x - (corners.at(-2) as number), y - (corners.at(-1) as number)) >= CORNER_PX)
        corners.push(x, y);
      drawOutline();
      if (frame === 0) frame = requestAnimationFrame(light);
    },
    end(moved) {
      const rows = moved ? inside() : null;
      finish();
      if (rows !== null) store.select(rows, mode);
    },
    cancel: finish,
  };
}
