import { expect, test } from "vitest";
import { eased, glided } from "../../src/scatter/glide";
import { NOWHERE } from "../../src/scatter/permutation";

test("easing starts at 0, ends at 1 and never turns back", () => {
  expect(eased(0)).toBe(0);
  expect(eased(1)).toBe(1);
  for (let i = 1; i <= 100; i++) expect(eased(i / 100)).toBeGreaterThanOrEqual(eased((i - 1) / 100));
});

test("points are at the old place first, half way at half time, and at the new place last", () => {
  const from = Float32Array.of(0, 0, 2, 4);
  const to = Float32Array.of(4, 8, 2, 0);
  expect(glided(from, to, 0, 2)).toEqual(from);
  expect(glided(from, to, 0.5, 2)).toEqual(Float32Array.of(2, 4, 2, 2));
  expect(glided(from, to, 1, 2)).toEqual(to);
});

test("arriving points appear one after the other, leaving ones are gone at once", () => {
  const [none, on] = [NOWHERE, 5] as const;
  const from = Float32Array.of(none, none, none, none, 1, 1);
  const to = Float32Array.of(on, on, on, on, none, none);
  const shown = (t: number) => Array.from({ length: 3 }, (_, i) => glided(from, to, t, 2)[2 * i] === on);
  expect(shown(0)).toEqual([false, false, false]);
  expect(shown(0.3)).toEqual([true, false, false]);
  expect(shown(0.6)).toEqual([true, true, false]);
  expect(shown(1)).toEqual([true, true, false]);
});

test("the third number moves like the others, and is nowhere with them", () => {
  const from = Float32Array.of(0, 0, 0, NOWHERE, NOWHERE, NOWHERE);
  const to = Float32Array.of(2, 4, -6, 1, 2, 3);
  expect(glided(from, to, 0.25, 3)).toEqual(Float32Array.of(0.5, 1, -1.5, NOWHERE, NOWHERE, NOWHERE));
  expect(glided(from, to, 0.75, 3).subarray(3)).toEqual(Float32Array.of(1, 2, 3));
});
