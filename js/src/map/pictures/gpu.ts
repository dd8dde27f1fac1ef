/** Hands pictures to the renderer, which draws them with the points on one canvas. */

import type { Quad, Quads } from "../../scatter/pictures";
import type { Painter } from "./paint";

const sameColor = (a: Quad["ring"], b: Quad["ring"]) =>
  a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1] && a[2] === b[2]);

const same = (a: Quad, b: Quad) =>
  a.picture === b.picture &&
  a.left === b.left &&
  a.top === b.top &&
  a.width === b.width &&
  a.height === b.height &&
  a.depth === b.depth &&
  a.frame === b.frame &&
  a.share === b.share &&
  a.veil === b.veil &&
  sameColor(a.color, b.color) &&
  sameColor(a.ring, b.ring);

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
    paint(shown, { background, line, covered: resting }) {
      const isSame =
        given !== null &&
        given.line === line &&
        given.resting === resting &&
        sameColor(given.background, background) &&
        given.shown.length === shown.length &&
        given.shown.every((one, i) => same(one, shown[i] as Quad));
      if (!isSame && (given !== null || shown.length > 0)) set({ shown, background, line, resting });
      return false;
    },
    rest: () => set(null),
    dispose: () => set(null),
  };
}
