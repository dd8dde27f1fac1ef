import { expect, test } from "vitest";
import { hazeSeen, roomOf, sizeSeen } from "../../../src/map/pictures/size";

test("in depth a picture farther than the middle is smaller and paler, one nearer is larger and clear", () => {
  expect([hazeSeen(1), hazeSeen(1.7)]).toEqual([0, 0]);
  expect(hazeSeen(0.9)).toBeCloseTo(0.18);
  expect(hazeSeen(0.8)).toBeGreaterThan(hazeSeen(0.9));
  expect(hazeSeen(0.2)).toBe(0.6);
  expect([sizeSeen(1), sizeSeen(0.1), sizeSeen(9)]).toEqual([1, 0.4, 2.2]);
});

test("pictures have the room that a map drawn without a browser gives them", () => {
  // What tests/widget/test_snapshot.py holds.
  for (const [picture_px, n, zoom, size_px, spacing_px] of [
    [56, 4, 1, 85.84, 96.14],
    [56, 100, 1, 51.13, 63.71],
    [56, 2000, 8, 59.9, 67.09],
    [56, 1e6, 1, 33.6, 57.12],
    [108, 1e6, 1, 64.8, 91.37],
    [160, 1e6, 1, 96, 107.52],
  ] as const) {
    const room = roomOf(picture_px, n, { width: 800, height: 600 }, zoom);
    expect([room.size_px, room.spacing_px].map((px) => Math.round(100 * px) / 100)).toEqual([size_px, spacing_px]);
  }
});

test("size and spacing change with the zoom by less than it does, however many points there are", () => {
  const pane = { width: 800, height: 600 };
  const step = 1.002;
  for (const picture_px of [12, 56, 108, 160]) {
    for (const n of [1, 30, 1000, 30_000, 1e6]) {
      let before = roomOf(picture_px, n, pane, 0.2);
      for (let zoom = 0.2 * step; zoom < 5000; zoom *= step) {
        const now = roomOf(picture_px, n, pane, zoom);
        const grown = Math.log(now.size_px / before.size_px) / Math.log(step);
        const parted = Math.log(now.spacing_px / before.spacing_px) / Math.log(step);
        if (!(grown > -1e-6 && grown < 0.4 && parted > -0.4 && parted < 0.4))
          expect.fail(`${picture_px} px, ${n} points, zoom ${zoom}: size ${grown}, spacing ${parted}`);
        before = now;
      }
    }
  }
});
