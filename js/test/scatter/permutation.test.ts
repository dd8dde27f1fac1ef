import { describe, expect, test } from "vitest";
import { maskOf } from "../../src/bitmask";
import { inDrawOrder, NOWHERE, permutation, raised, slotsOf } from "../../src/scatter/permutation";
import { seeded } from "../fakeStore";

describe("draw order", () => {
  test.each([0, 1, 2, 7, 1000, 65_537])("holds each of %i rows once", (n) => {
    const order = permutation(n);
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, row) => row));
  });

  test("is the same every time, and another for another seed", () => {
    expect(permutation(500)).toEqual(permutation(500));
    expect(permutation(500, 2)).not.toEqual(permutation(500));
  });

  test("any prefix is a fair sample: of ten equal groups, each has its share within 5 standard deviations", () => {
    const n = 100_000;
    const order = permutation(n);
    for (const prefix of [1000, 10_000, 50_000]) {
      for (const groupOf of [(row: number) => row % 10, (row: number) => Math.floor((10 * row) / n)]) {
        const counts = new Array<number>(10).fill(0);
        for (const row of order.subarray(0, prefix)) counts[groupOf(row)] = (counts[groupOf(row)] as number) + 1;
        const deviation = Math.sqrt(prefix * 0.1 * 0.9 * (1 - prefix / n));
        for (const count of counts) expect(Math.abs(count - prefix / 10)).toBeLessThan(5 * deviation);
      }
    }
  });

  test("every row is equally likely to be first", () => {
    const first = new Array<number>(8).fill(0);
    for (let seed = 1; seed <= 8000; seed++) {
      const row = permutation(8, seed * 7919)[0] as number;
      first[row] = (first[row] as number) + 1;
    }
    for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(875));
  });

  test("slots of a mask are where its rows stand, ascending", () => {
    const order = permutation(1000);
    const random = seeded(4);
    const rows = Array.from({ length: 200 }, () => Math.floor(1000 * random()));
    const mask = maskOf(1000, rows);
    const slots = slotsOf(mask, order);
    expect(Array.from(slots).sort((a, b) => a - b)).toEqual(Array.from(slots));
    expect(Array.from(slots, (slot) => order[slot]).sort()).toEqual([...new Set(rows)].sort());
    const others = Array.from(order.keys()).filter((slot) => !slots.includes(slot));
    expect(Array.from(slotsOf(mask, order, false))).toEqual(others);
  });

  test("positions in draw order; a row without one is nowhere", () => {
    const nothing = [NOWHERE, NOWHERE, NOWHERE];
    const xy = Float32Array.of(1, 2, Number.NaN, 4, 5, Number.NEGATIVE_INFINITY);
    const xyz = Float32Array.of(1, 2, 9, 3, 4, Number.NaN);
    expect(Array.from(inDrawOrder(xy, 2, Uint32Array.of(2, 0, 1)))).toEqual([NOWHERE, NOWHERE, 1, 2, NOWHERE, NOWHERE]);
    expect(Array.from(inDrawOrder(xy, 2, Uint32Array.of(2, 0), 3))).toEqual([...nothing, 1, 2, 0]);
    expect(Array.from(inDrawOrder(xyz, 3, Uint32Array.of(1, 0)))).toEqual([...nothing, 1, 2, 9]);
    expect(Array.from(raised(Float32Array.of(1, 2, 3, 4)))).toEqual([1, 2, 0, 3, 4, 0]);
  });
});
