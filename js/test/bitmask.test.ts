import { describe, expect, test } from "vitest";
import { combined, emptyMask, fullMask, has, maskFromBits, maskOf, overlap, rowsOf, sameMask } from "../src/bitmask";
import { seeded } from "./fakeStore";

const random = seeded(3);
const someRows = (n: number) => Array.from({ length: n }, (_, row) => row).filter(() => random() < 0.4);

describe("a set of rows", () => {
  test.each([0, 1, 7, 8, 9, 200])("of %i: what goes in comes out, and the spare bits are 0", (n) => {
    const rows = someRows(n);
    const mask = maskOf(n, rows);
    expect(Array.from(rowsOf(mask))).toEqual(rows);
    expect(mask.count).toBe(rows.length);
    expect(sameMask(maskFromBits(n, mask.bits), mask)).toBe(true);
    expect(Array.from(rowsOf(fullMask(n)))).toEqual(Array.from({ length: n }, (_, row) => row));
    expect(emptyMask(n).count).toBe(0);
  });

  test("rows twice, and rows that do not exist", () => {
    expect(Array.from(rowsOf(maskOf(10, [3, 3, -1, 10, 9])))).toEqual([3, 9]);
    expect(has(maskOf(10, [9]), 17)).toBe(false);
    expect(has(maskOf(10, [0]), -8)).toBe(false);
  });

  test("the four modes are what sets of numbers do", () => {
    const [a, b] = [new Set(someRows(100)), new Set(someRows(100))];
    const of = (mode: Parameters<typeof combined>[2]) =>
      Array.from(rowsOf(combined(maskOf(100, [...a]), maskOf(100, [...b]), mode)));
    const all = Array.from({ length: 100 }, (_, row) => row);
    expect(of("replace")).toEqual(all.filter((row) => b.has(row)));
    expect(of("add")).toEqual(all.filter((row) => a.has(row) || b.has(row)));
    expect(of("subtract")).toEqual(all.filter((row) => a.has(row) && !b.has(row)));
    expect(of("intersect")).toEqual(all.filter((row) => a.has(row) && b.has(row)));
    expect(overlap(maskOf(100, [...a]), maskOf(100, [...b]))).toBe(of("intersect").length);
  });

  test("masks of different lengths are not mixed", () => {
    expect(() => combined(emptyMask(8), emptyMask(9), "add")).toThrow("masks of 8 and 9 rows");
  });
});
