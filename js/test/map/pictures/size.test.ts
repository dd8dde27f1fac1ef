import { expect, test } from "vitest";
import { hazeSeen, sizeSeen } from "../../../src/map/pictures/size";

test("in depth a picture farther than the middle is smaller and paler, one nearer is larger and clear", () => {
  expect([hazeSeen(1), hazeSeen(1.7)]).toEqual([0, 0]);
  expect(hazeSeen(0.9)).toBeCloseTo(0.18);
  expect(hazeSeen(0.8)).toBeGreaterThan(hazeSeen(0.9));
  expect(hazeSeen(0.2)).toBe(0.6);
  expect([sizeSeen(1), sizeSeen(0.1), sizeSeen(9)]).toEqual([1, 0.4, 2.2]);
});
