/** Hands pictures to the renderer, which draws them with the points on one canvas. */

import type { Quad, Quads } from "../../scatter/pictures";
import { isAlike, type Painter, sameColor } from "./paint";

const isSame = (a: Quad, b: Quad) => a.left === b.left && a.top === b.top && a.depth === b.depth && isAlike(a, b);

/** @param give sets what the renderer draws; not called when that would change nothing */
export function gpuPainter(give: (quads: Quads | null) => void): Painter {
  let given: Quads | null = null;

  function set(next: Quads | null): void {
    if (next === given) return;
    given = next;
    give(next);
  }

  return {
    kind: "gpu",
    resize: () => undefined,
    paint(plain, ringed, { background, line, covered: resting }) {
      const shown = [...plain.filter(({ row }) => ringed.every((one) => one.row !== row)), ...ringed];
      const isGiven =
        given !== null &&
        given.line === line &&
        given.resting === resting &&
        sameColor(given.background, background) &&
        given.shown.length === shown.length &&
        given.shown.every((one, i) => isSame(one, shown[i] as Quad));
      if (!isGiven && (given !== null || shown.length > 0)) set({ shown, background, line, resting });
      return false;
    },
    rest: () => set(null),
    dispose: () => set(null),
  };
}
