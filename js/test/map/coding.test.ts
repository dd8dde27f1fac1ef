import { describe, expect, test } from "vitest";
import { maskOf, rowsOf } from "../../src/bitmask";
import { codingOf, countsWithin, rowsWithCode } from "../../src/map/coding";
import { categoricalColors, missingColor } from "../../src/palette";
import type { CategoryColumn } from "../../src/store";
import { seeded } from "../fakeStore";

const category = (codes: number[], categories: string[]): CategoryColumn => ({
  kind: "category",
  name: "label",
  revision: 1,
  codes: Uint8Array.from(codes),
  categories,
});

describe("coding of a column", () => {
  test("categories: their colours, counts and the missing ones", () => {
    const coding = codingOf(category([1, 2, 0, 2, 2, 0], ["cat", "dog", "nobody"]), 6, "light");
    expect(coding.missing).toBe(2);
    expect(coding.entries.map(({ name, count, code }) => [name, count, code])).toEqual([
      ["cat", 1, 1],
      ["dog", 3, 2],
      ["nobody", 0, 3],
    ]);
    expect(Array.from(coding.lut.subarray(0, 4))).toEqual([...missingColor("light"), 255]);
    coding.entries.forEach(({ color, code }) => {
      expect(Array.from(coding.lut.subarray(4 * code, 4 * code + 3))).toEqual(color);
    });
  });

  test("a category keeps its colour when others come", () => {
    const few = codingOf(category([1, 2], ["cat", "dog"]), 2, "dark").entries;
    const many = codingOf(category([1, 2], ["cat", "dog", ...Array.from({ length: 30 }, String)]), 2, "dark").entries;
    expect(many.slice(0, 2).map((entry) => entry.color)).toEqual(few.map((entry) => entry.color));
  });

  test("more categories than a 16-bit code can name", () => {
    const count = 70_000;
    const codes = Uint32Array.of(0, 1, 65_535, 65_536, count);
    const categories = Array.from({ length: count }, (_, i) => `c${i}`);
    const coding = codingOf({ ...category([], categories), codes }, 5, "light");
    expect(Array.from(coding.codes)).toEqual([0, 1, 65_535, 1, count - 65_535]);
    expect(coding.lut.length).toBe(4 * 65_536);
    expect(coding.entries[count - 1]?.count).toBe(1);
  });

  test("numbers: low and high get the ends of the scale, NaN is missing", () => {
    const values = Float32Array.of(-2, 8, 3, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    const coding = codingOf({ kind: "number", name: "score", revision: 1, values, low: -2, high: 8 }, 6, "light");
    expect(Array.from(coding.codes)).toEqual([1, 255, 128, 0, 1, 255]);
    expect(coding.missing).toBe(1);
    expect(coding.range).toMatchObject({ low: -2, high: 8 });
    expect(coding.lut.length).toBe(4 * 256);
  });

  test("a constant column and one without any value", () => {
    const number = { kind: "number", name: "score", revision: 1 } as const;
    const constant = codingOf({ ...number, values: Float32Array.of(5, 5), low: 5, high: 5 }, 2, "light");
    expect(Array.from(constant.codes)).toEqual([1, 1]);
    const empty = codingOf(
      { ...number, values: new Float32Array(2).fill(Number.NaN), low: null, high: null },
      2,
      "light",
    );
    expect(empty.range).toBeNull();
    expect(empty.missing).toBe(2);
  });

  test("tags: a row has the colour of its first tag, each tag counts all its rows", () => {
    const masks = [maskOf(5, [0, 2]), maskOf(5, [2, 3])];
    const coding = codingOf({ kind: "tags", name: "tags", revision: 1, tags: ["night", "done"], masks }, 5, "light");
    expect(Array.from(coding.codes)).toEqual([1, 0, 1, 2, 0]);
    expect(coding.entries.map(({ name, count }) => [name, count])).toEqual([
      ["night", 2],
      ["done", 2],
    ]);
    expect(coding.entries[1]?.rows).toBe(masks[1]);
    expect(coding.missing).toBe(2);
  });

  test("no column: all in one colour, nothing to explain", () => {
    const coding = codingOf(null, 3, "light");
    expect(Array.from(coding.codes)).toEqual([1, 1, 1]);
    expect(Array.from(coding.lut.subarray(4, 7))).toEqual(categoricalColors(1, "light")[0]);
    expect([coding.title, coding.entries]).toEqual(["", []]);
  });
});

test("rows of a code, and counts within a selection, equal a plain count", () => {
  const random = seeded(2);
  const codes = Uint8Array.from({ length: 997 }, () => Math.floor(6 * random()));
  const selected = maskOf(
    997,
    Array.from(codes.keys()).filter(() => random() < 0.3),
  );
  const counts = countsWithin(codes, 5, selected);
  for (let code = 0; code < 6; code++) {
    const rows = Array.from(codes.keys()).filter((row) => codes[row] === code);
    const found = rowsWithCode(codes, code);
    expect(Array.from(rowsOf(found))).toEqual(rows);
    expect(found.count).toBe(rows.length);
    const chosen = new Set(rowsOf(selected));
    expect(counts[code]).toBe(rows.filter((row) => chosen.has(row)).length);
  }
});
