/** Who waits for the map's first points, and how long. */

import { expect, test, vi } from "vitest";
import { mapFirst } from "../../src/store/map_first";

test("nobody waits where no map is coming", () => {
  expect(mapFirst(false).isMapFirst.peek()).toBe(false);
});

test("until the map is painted, or for 1.5 s", () => {
  vi.useFakeTimers();
  const painted = mapFirst(true);
  const late = mapFirst(true);
  vi.advanceTimersByTime(1400);
  expect(painted.isMapFirst.peek()).toBe(true);
  painted.mapPainted();
  expect(painted.isMapFirst.peek()).toBe(false);
  expect(late.isMapFirst.peek()).toBe(true);
  vi.advanceTimersByTime(100);
  expect(late.isMapFirst.peek()).toBe(false);
  vi.useRealTimers();
});
