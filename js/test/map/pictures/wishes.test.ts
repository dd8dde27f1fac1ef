/** How often the map asks for pictures. */

import { expect, test } from "vitest";
import { wishes } from "../../../src/map/pictures/wishes";

function begun() {
  const asked: (readonly number[])[] = [];
  return { asked, wish: wishes((rows) => asked.push(rows)) };
}

test("a second of a moving camera is three questions, though each frame shows other rows; at rest the last are asked for soon", () => {
  const { asked, wish } = begun();
  for (let ms = 0; ms < 1000; ms += 16) wish.are([ms], ms, "moving");
  expect(asked.length).toBe(3);
  expect(wish.are([7, 8], 1000, "moving")).toBe(true);
  expect(wish.are([7, 8], 1016, "still")).toBe(false);
  expect(asked.at(-1)).toEqual([7, 8]);
});

test("where the processor draws the page a moving camera asks every two seconds, and as soon at rest", () => {
  const { asked, wish } = begun();
  for (let ms = 0; ms < 5000; ms += 16) wish.are([ms], ms, "laboured");
  expect(asked.map(([ms]) => ms)).toEqual([0, 2000, 4000]);
  expect(wish.are([7, 8], 5000, "still")).toBe(false);
  expect(asked.at(-1)).toEqual([7, 8]);
});

test("the same rows are asked for once", () => {
  const { asked, wish } = begun();
  wish.are([1, 2], 0, "still");
  expect(wish.are([1, 2], 5000, "still")).toBe(false);
  expect(asked).toEqual([[1, 2]]);
  wish.are([], 6000, "still");
  expect(asked.at(-1)).toEqual([]);
});
