import { expect, test } from "vitest";
import { lookOf } from "../../src/scatter/look";
import { pace } from "../../src/scatter/pace";

const PANE = 640 * 520;

test("points are 3 to 6.5 pixels for ordinary collections and never too small to see", () => {
  for (const n of [1, 500, 10_000, 20_000]) {
    expect(lookOf(n, PANE, 1).size_px).toBeGreaterThanOrEqual(3);
    expect(lookOf(n, PANE, 1).size_px).toBeLessThanOrEqual(6.5);
  }
  expect(lookOf(10_000_000, PANE, 1).size_px).toBe(1.4);
});

test("more points are smaller and fainter; zooming in makes them larger and clearer", () => {
  const counts = [100, 1000, 10_000, 100_000, 1_000_000];
  for (let i = 1; i < counts.length; i++) {
    const [few, many] = [lookOf(counts[i - 1] as number, PANE, 1), lookOf(counts[i] as number, PANE, 1)];
    expect(many.size_px).toBeLessThanOrEqual(few.size_px);
    expect(many.opacity).toBeLessThanOrEqual(few.opacity);
    expect(lookOf(counts[i] as number, PANE, 8).size_px).toBeGreaterThan(many.size_px);
    expect(lookOf(counts[i] as number, PANE, 8).opacity).toBeGreaterThanOrEqual(many.opacity);
  }
});

test("a look is sane for no points, no pane and any zoom", () => {
  for (const look of [lookOf(0, 0, 0), lookOf(1e7, 0, 1), lookOf(1, PANE, 1e9)]) {
    for (const value of [look.size_px, look.opacity, look.rim]) expect(Number.isFinite(value)).toBe(true);
    expect(look.opacity).toBeGreaterThan(0);
  }
});

test("pace draws fewer points when a frame was long, more when there is time, and settles near the limit", () => {
  const paced = pace(1_000_000, 12);
  for (let frame = 0; frame < 60; frame++) paced.spent(paced.points, paced.points * 1e-4);
  expect(paced.points * 1e-4).toBeGreaterThan(6);
  expect(paced.points * 1e-4).toBeLessThanOrEqual(12);
  const before = paced.points;
  paced.spent(10, 0.001);
  expect(paced.points).toBe(before);
});

test("all points fit at once where they took no longer, the last time, than that may", () => {
  const paced = pace(100_000, 10, 40);
  expect(paced.fits(100_000)).toBe(true);
  expect(paced.fits(500_000)).toBe(false);
  paced.took(1_000_000, 60);
  expect(paced.fits(500_000)).toBe(true);
  expect(paced.fits(1_000_000)).toBe(false);
  expect(paced.fits(1_000_000, 2)).toBe(true);
  expect(paced.fits(10_000_000, 2)).toBe(false);
  paced.took(1_000_000, 39);
  expect(paced.fits(1_000_000)).toBe(true);
});

test("a GPU that takes long for the fewest points, again and again, is hopeless; one hiccup is not", () => {
  const paced = pace(1_000_000, 8);
  paced.spent(1_000_000, 500);
  for (let frame = 0; frame < 3; frame++) {
    expect(paced.hopeless).toBe(false);
    paced.spent(paced.points, 120);
  }
  paced.spent(paced.points, 120);
  expect(paced.hopeless).toBe(true);
  const fine = pace(1_000_000, 8);
  for (let frame = 0; frame < 20; frame++) fine.spent(fine.points, frame === 7 ? 400 : 5);
  expect(fine.hopeless).toBe(false);
});
