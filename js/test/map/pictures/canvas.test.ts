/** The canvas of the pictures is drawn again only when something on it changes. */

import { afterEach, expect, test, vi } from "vitest";
import { canvasPainter } from "../../../src/map/pictures/canvas";
import type { Shown } from "../../../src/map/pictures/paint";
import type { Box, Cover } from "../../../src/scatter/pictures";

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
  vi.spyOn(performance, "now").mockReturnValue(0); // a machine that is held up sharpens later
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  const asked: (readonly Box[] | null)[] = [];
  const front = { boxes: (boxes: readonly Box[] | null) => void asked.push(boxes), cover: (): Cover | null => null };
  const stage = document.createElement("div");
  const painter = canvasPainter(stage, front);
  painter.resize(100, 100, 1);
  const look = { background: [255, 255, 255] as const, line: 1, moving: false, covered: false };
  const picture = { width: 20, height: 20 } as ImageBitmap;
  const one = (other: Partial<Shown> = {}): Shown => ({
    ...{ row: 1, picture, left: 3, top: 4, width: 20, height: 20, depth: 0, frame: 2, share: 1, veil: 0, ring: null },
    color: [1, 2, 3],
    ...other,
  });
  /** Whether anything was drawn. */
  function draws(shown: readonly Shown[], other = {}, ringed: readonly Shown[] = []): boolean {
    told.length = 0;
    painter.paint(shown, ringed, { ...look, ...other });
    return told.includes("clearRect");
  }
  return { painter, one, draws, told, asked, front, stage };
}

test("the same pictures again are not drawn", () => {
  const { one, draws } = painted();
  expect(draws([one()])).toBe(true);
  expect(draws([one()])).toBe(false);
});

test("another size, colour, picture, number, background or size of the canvas is drawn", () => {
  const { painter, one, draws } = painted();
  const other = { width: 20, height: 20 } as ImageBitmap;
  const changes: Partial<Shown>[] = [
    ...[{ width: 9 }, { color: [9, 2, 3] as const }, { picture: other }, { veil: 0.5 }],
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
  painter.resize(50, 50, 1);
  expect(draws([one()], { background: [0, 0, 0] })).toBe(true);
});

test("at another place they are not drawn but moved, until one comes in", () => {
  const { one, draws, stage } = painted();
  const canvas = stage.firstElementChild as HTMLCanvasElement;
  const [near, far] = [one(), one({ row: 2, left: 60 })];
  const later = [near, far].map((each) => ({ ...each, left: each.left + 8, top: each.top - 2 }));
  draws([near, far]);
  expect(draws(later)).toBe(false);
  expect(canvas.style.transform).toBe("translate(8px, -2px)");
  expect(draws([...later, one({ row: 3, top: 70 })])).toBe(true);
  expect(canvas.style.transform).toBe("");
  expect([canvas.width, canvas.style.left, canvas.style.width]).toEqual([260, "-80px", "260px"]);
});

test("a ring comes, moves and goes on a canvas of its own: the pictures are not drawn again for it", () => {
  const { painter, one, draws, told, stage } = painted();
  const [left, right] = [one(), one({ row: 2, left: 60 })];
  const ringOf = (other: Shown) => [{ ...other, ring: [0, 0, 0] as const }];
  const rings = () =>
    [...stage.querySelectorAll<HTMLCanvasElement>(".pt-map-ringed")].map(({ hidden, width, style }) =>
      hidden ? "hidden" : `${width} ${style.transform}`,
    );
  draws([left, right]);
  expect(rings()).toEqual([]);
  expect(draws([left, right], {}, ringOf(left))).toBe(false);
  expect(rings()).toEqual(["32 translate(-3px, -2px)"]);
  draws([left, right], {}, ringOf(left));
  expect(told, "the same ring").not.toContain("drawImage");
  const later = [left, right].map((each) => ({ ...each, left: each.left + 8 }));
  draws(later, {}, ringOf(later[0] as Shown));
  expect(told, "it is moved").not.toContain("drawImage");
  expect(rings()).toEqual(["32 translate(5px, -2px)"]);
  expect(draws(later, {}, [...ringOf(later[0] as Shown), ...ringOf(later[1] as Shown)])).toBe(false);
  expect(told).toContain("drawImage");
  expect(rings()).toEqual(["32 translate(5px, -2px)", "32 translate(62px, -2px)"]);
  expect(draws(later)).toBe(false);
  expect(rings()).toEqual(["hidden", "hidden"]);
  painter.dispose();
  expect(rings()).toEqual([]);
});

test("what covers pictures is asked for once they rest, not again for a ring, and drawn when it is there, under the one with the ring", () => {
  const { one, draws, told, asked, front } = painted();
  const far = one({ row: 2, left: 40, depth: 0.5 });
  const resting = { covered: true };
  draws([far, one()]);
  expect(asked).toEqual([]);
  expect(draws([far, one()], resting)).toBe(false);
  expect(asked).toEqual([
    [
      { left: 37, top: 1, width: 26, height: 26, depth: 0.5 },
      { left: 0, top: 1, width: 26, height: 26, depth: 0 },
    ],
  ]);
  const image = {} as ImageBitmap;
  front.cover = () => ({ boxes: [], image });
  expect(draws([far, one()], resting), "it covers others").toBe(false);
  const cover = { boxes: asked[0] as readonly Box[], image };
  front.cover = () => cover;
  expect(draws([far, one()], resting)).toBe(true);
  expect(told.filter((name) => name === "drawImage")).toHaveLength(3);
  expect(told.at(-1)).toBe("drawImage");
  expect(draws([far, one()], resting, [{ ...far, ring: [0, 0, 0] }])).toBe(false);
  expect(told.at(-1), "the one with the ring").toBe("drawImage");
  expect(asked).toHaveLength(1);
  draws([one()], { covered: false });
  expect(asked.at(-1)).toBe(null);
});
