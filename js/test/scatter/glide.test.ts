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
  expect(glided(from, to, 0)).toEqual(from);
  expect(glided(from, to, 0.5)).toEqual(Float32Array.of(2, 4, 2, 2));
  expect(glided(from, to, 1)).toEqual(to);
});

test("arriving points appear one after the other, leaving ones are gone at once", () => {
  const [none, on] = [NOWHERE, 5] as const;
  const from = Float32Array.of(none, none, none, none, 1, 1);
  const to = Float32Array.of(on, on, on, on, none, none);
  const shown = (t: number) => Array.from({ length: 3 }, (_, i) => glided(from, to, t)[2 * i] === on);
  expect(shown(0)).toEqual([false, false, false]);
  expect(shown(0.3)).toEqual([true, false, false]);
  expect(shown(0.6)).toEqual([true, true, false]);
  expect(shown(1)).toEqual([true, true, false]);
});
