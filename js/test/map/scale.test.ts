import { describe, expect, test } from "vitest";
import { codingOf } from "../../src/map/coding";
import { heightsOf } from "../../src/map/legend_bar";
import { numberWords, scaleOf, ticksOf } from "../../src/map/scale";
import { continuousColors, parsed } from "../../src/palette";
import type { CategoryColumn, NumberColumn } from "../../src/store";
import { seeded } from "../fakeStore";

const numbers = (values: number[]): NumberColumn => {
  const finite = values.filter(Number.isFinite);
  const [low, high] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [null, null];
  return { kind: "number", name: "v", revision: 1, values: Float32Array.from(values), low, high };
};
const dress = (kind: "linear" | "log" | "quantile", reversed = false) => ({
  palette: {},
  scale: { kind, reversed },
  form: null,
});

describe("a scale", () => {
  const random = seeded(3);
  const skewed = Float32Array.from({ length: 5000 }, () => Math.exp(6 * random()) / 10);
  const [low, high] = [Math.min(...skewed), Math.max(...skewed)];

  test.each(["linear", "log", "quantile"] as const)(
    "%s: goes up from 0 to 1, and back to the value it came from",
    (kind) => {
      const scale = scaleOf(kind, skewed, low, high);
      expect(scale.kind).toBe(kind);
      expect([scale.shareOf(low), scale.shareOf(high)]).toEqual([0, 1]);
      let before = -1;
      for (let share = 0; share <= 1; share += 1 / 64) {
        const value = scale.valueAt(share);
        expect(scale.shareOf(value)).toBeCloseTo(share, 4);
        expect(value).toBeGreaterThan(before);
        before = value;
      }
      expect(scale.shareOf(Number.POSITIVE_INFINITY)).toBe(1);
      expect(scale.shareOf(Number.NEGATIVE_INFINITY)).toBe(0);
    },
  );

  test("quantile gives each colour about as many rows; log takes equal factors as equal steps", () => {
    const ranks = scaleOf("quantile", skewed, low, high);
    const below = skewed.filter((value) => ranks.shareOf(value) < 0.25).length;
    expect(below / skewed.length).toBeCloseTo(0.25, 2);
    const log = scaleOf("log", Float32Array.of(1, 1000), 1, 1000);
    expect(log.shareOf(10)).toBeCloseTo(1 / 3, 6);
  });

  test("what has no logarithm or no order falls back: nothing positive, one value", () => {
    expect(scaleOf("log", Float32Array.of(-2, 0), -2, 0).kind).toBe("linear");
    expect(scaleOf("quantile", Float32Array.of(4, 4), 4, 4).kind).toBe("linear");
    const mixed = scaleOf("log", Float32Array.of(-5, 0, 0.5, 50), -5, 50);
    expect([mixed.low, mixed.shareOf(-5), mixed.shareOf(0), mixed.shareOf(50)]).toEqual([0.5, 0, 0, 1]);
  });

  test("ticks are round and inside", () => {
    expect(ticksOf(scaleOf("linear", new Float32Array(), 0, 10), 6)).toEqual([2, 4, 6, 8]);
    expect(ticksOf(scaleOf("log", Float32Array.of(0.5, 30_000), 0.5, 30_000), 6)).toEqual([1, 10, 100, 1000, 10_000]);
    expect(ticksOf(scaleOf("linear", new Float32Array(), 3, 3), 6)).toEqual([]);
    const skewed = Float32Array.from({ length: 1001 }, (_, i) => 2 ** (i / 50));
    const byRank = scaleOf("quantile", skewed, 1, 2 ** 20);
    const quartiles = ticksOf(byRank, 6).map((at) => byRank.shareOf(at));
    expect(quartiles.map((share) => share.toFixed(2))).toEqual(["0.25", "0.50", "0.75"]);
    expect(ticksOf(scaleOf("quantile", Float32Array.of(0, 0, 0, 0, 0, 1), 0, 1), 6)).toEqual([]);
  });
});

test("numbers in words: short, dates as dates, durations in their unit", () => {
  expect([0, 0.12345678, 1234.5, 12_345_678, 1e-7].map((value) => numberWords(value, null))).toEqual([
    "0",
    "0.1235",
    "1,235",
    "12.35M",
    "1.00e-7",
  ]);
  expect(numberWords(18_262, "date", 900)).toBe("2020-01-01");
  expect(numberWords(18_262.5, "date", 1)).toBe("01-01 12:00");
  expect(numberWords(1e12, "date")).toBe("");
  expect([2, 0.25, 1 / 144, 1 / 8640].map((value) => numberWords(value, "duration"))).toEqual([
    "2 d",
    "6 h",
    "10 min",
    "10 s",
  ]);
});

test("the heights over the bar are roots of how many rows are there; missing ones are nowhere", () => {
  const heights = heightsOf([0, 0, 0, 1, 1, 1, 1, 255], 255);
  expect([heights[0], heights.at(-1), heights.filter((height) => height === 0).length]).toEqual([1, 0.5, 36]);
});

describe("colours", () => {
  test("a constant column and one of nothing but NaN", () => {
    const constant = codingOf(numbers([7, 7, Number.NaN]), 3, "light", dress("quantile"));
    expect([constant.missing, constant.codes[0], constant.codes[2]]).toEqual([1, 1, 0]);
    expect(constant.range?.low).toBe(7);
    const nothing = codingOf(numbers([Number.NaN, Number.NaN]), 2, "light", dress("log"));
    expect([nothing.missing, nothing.range, Array.from(nothing.codes)]).toEqual([2, null, [0, 0]]);
  });

  test("reversed swaps the ends and leaves missing grey; codes are not worked out again", () => {
    const column = numbers([0, 1]);
    const [plain, turned] = [false, true].map((reversed) => codingOf(column, 2, "dark", dress("linear", reversed)));
    expect(turned?.lut.slice(0, 4)).toEqual(plain?.lut.slice(0, 4));
    expect(Array.from(turned?.lut.slice(4, 7) ?? [])).toEqual(Array.from(continuousColors(255, "dark").at(-1) ?? []));
    expect(turned?.codes).toBe(plain?.codes);
  });

  test("a category has the colour of its place among the theme's; one chosen by hand wins", () => {
    const column = (categories: string[], places: number[]): CategoryColumn => ({
      kind: "category",
      name: "label",
      revision: 1,
      codes: Uint8Array.of(1, 2),
      categories,
      places,
    });
    const colorOf = (categories: string[], places: number[], name: string, palette = {}) =>
      codingOf(column(categories, places), 2, "light", { ...dress("linear"), palette }).entries.find(
        (entry) => entry.name === name,
      )?.color;
    const dog = colorOf(["cat", "dog"], [0, 1], "dog");
    expect(colorOf(["ant", "bee", "cat", "dog"], [2, 3, 0, 1], "dog")).toEqual(dog);
    expect(colorOf(["dog"], [1], "dog")).toEqual(dog);
    expect(colorOf(["constructor"], [5000], "constructor")).toHaveLength(3);
    expect(colorOf(["cat", "dog"], [0, 1], "dog", { dog: "#102030" })).toEqual(parsed("#102030"));
  });
});
