/** The canvas of the pictures is drawn again only when something on it changes. */

import { afterEach, expect, test, vi } from "vitest";
import { canvasPainter } from "../../../src/map/pictures/canvas";
import type { Shown } from "../../../src/map/pictures/paint";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function painted() {
  const told: string[] = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (_, name) => (name === "canvas" ? null : () => told.push(String(name))),
    set: () => true,
  });
  vi.stubGlobal("OffscreenCanvas", undefined);
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  const painter = canvasPainter(document.createElement("div"));
  painter.resize(100, 100);
  const look = { background: [255, 255, 255] as const, line: 1, moving: false };
  const picture = { width: 20, height: 20 } as ImageBitmap;
  const one = (other: Partial<Shown> = {}): Shown => ({
    ...{ row: 1, picture, left: 3, top: 4, width: 20, height: 20, frame: 2, share: 1, veil: 0, ring: null },
    color: [1, 2, 3],
    ...other,
  });
  /** Whether anything was drawn. */
  function draws(shown: readonly Shown[], other = {}): boolean {
    told.length = 0;
    painter.paint(shown, { ...look, ...other });
    return told.includes("clearRect");
  }
  return { painter, one, draws };
}

test("the same pictures again are not drawn", () => {
  const { one, draws } = painted();
  expect(draws([one()])).toBe(true);
  expect(draws([one()])).toBe(false);
});

test("another place, colour, ring, picture, number, background or size of the canvas is drawn", () => {
  const { painter, one, draws } = painted();
  const other = { width: 20, height: 20 } as ImageBitmap;
  const changes: Partial<Shown>[] = [
    ...[{ left: 9 }, { color: [9, 2, 3] as const }, { ring: [0, 0, 0] as const }, { picture: other }, { veil: 0.5 }],
    ...[{ row: 2 }, { share: 0.5 }],
  ];
  for (const change of changes) {
    draws([one()]);
    expect(draws([one(change)])).toBe(true);
  }
  draws([one()]);
  expect(draws([one(), one({ row: 2 })])).toBe(true);
  expect(draws([])).toBe(true);
  draws([one()]);
  expect(draws([one()], { background: [0, 0, 0] })).toBe(true);
  painter.resize(50, 50);
  expect(draws([one()], { background: [0, 0, 0] })).toBe(true);
});
