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
