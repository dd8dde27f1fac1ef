/** How often the map asks for pictures. */

import { expect, test } from "vitest";
import { wishes } from "../../../src/map/pictures/wishes";

function begun() {
  const asked: (readonly number[])[] = [];
  return { asked, wish: wishes((rows) => asked.push(rows)) };
}

test("a second of a moving camera is three questions, though each frame shows other rows; at rest the last are asked for soon", () => {
  const { asked, wish } = begun();
  for (let ms = 0; ms < 1000; ms += 16) wish.are([ms], ms, true);
  expect(asked.length).toBe(3);
  expect(wish.are([7, 8], 1000, true)).toBe(true);
  expect(wish.are([7, 8], 1016, false)).toBe(false);
  expect(asked.at(-1)).toEqual([7, 8]);
});

test("the same rows are asked for once", () => {
  const { asked, wish } = begun();
  wish.are([1, 2], 0, false);
  expect(wish.are([1, 2], 5000, false)).toBe(false);
  expect(asked).toEqual([[1, 2]]);
  wish.are([], 6000, false);
  expect(asked.at(-1)).toEqual([]);
});
