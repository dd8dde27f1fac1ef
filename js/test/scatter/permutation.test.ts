import { describe, expect, test } from "vitest";
import { maskOf } from "../../src/bitmask";
import {
  codesInDrawOrder,
  type DrawOrder,
  drawOrder,
  inDrawOrder,
  NOWHERE,
  raised,
  slotsOf,
} from "../../src/scatter/permutation";
import { seeded } from "../fakeStore";

/** The rows of all slots. */
function rowsBySlot(order: DrawOrder): number[] {
  const rows: number[] = [];
  for (const chunk of order.chunks()) rows.push(...chunk);
  return rows;
}

const ordered = (...rows: number[]): DrawOrder => ({ n: rows.length, chunks: () => [Uint32Array.from(rows)] });

describe("draw order", () => {
  test.each([0, 1, 2, 7, 1000, 65_536, 65_537, 200_003])("holds each of %i rows once", (n) => {
    expect(rowsBySlot(drawOrder(n)).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, row) => row));
  });

  test("is the same every time, and another for another seed", () => {
    for (const n of [500, 70_000]) {
      expect(rowsBySlot(drawOrder(n))).toEqual(rowsBySlot(drawOrder(n)));
      expect(rowsBySlot(drawOrder(n, 2))).not.toEqual(rowsBySlot(drawOrder(n)));
    }
  });

  test("any prefix is a fair sample: of ten equal groups, each has its share within 5 standard deviations", () => {
    const n = 200_000;
    const order = rowsBySlot(drawOrder(n));
    // By the row, by its place, and by the cell of a picture in lines of 500.
    const lines = (row: number) => (Math.floor(row / 500 / 40) + Math.floor((row % 500) / 50)) % 10;
    for (const prefix of [1000, 10_000, 50_000]) {
      for (const groupOf of [(row: number) => row % 10, (row: number) => Math.floor((10 * row) / n), lines]) {
        const counts = new Array<number>(10).fill(0);
        for (const row of order.slice(0, prefix)) counts[groupOf(row)] = (counts[groupOf(row)] as number) + 1;
        const deviation = Math.sqrt(prefix * 0.1 * 0.9 * (1 - prefix / n));
        for (const count of counts) expect(Math.abs(count - prefix / 10)).toBeLessThan(5 * deviation);
      }
    }
  });

  test("every row is equally likely to be first", () => {
    const first = new Array<number>(8).fill(0);
    for (let seed = 1; seed <= 8000; seed++) {
      const row = rowsBySlot(drawOrder(8, seed * 7919))[0] as number;
      first[row] = (first[row] as number) + 1;
    }
    for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(875));
  });

  test("slots of a mask are where its rows stand, ascending", () => {
    const order = drawOrder(1000);
    const rowOf = rowsBySlot(order);
    const random = seeded(4);
    const rows = Array.from({ length: 200 }, () => Math.floor(1000 * random()));
    const mask = maskOf(1000, rows);
    const slots = slotsOf(mask, order);
    expect(Array.from(slots).sort((a, b) => a - b)).toEqual(Array.from(slots));
    expect(Array.from(slots, (slot) => rowOf[slot]).sort()).toEqual([...new Set(rows)].sort());
    const others = Array.from(rowOf.keys()).filter((slot) => !slots.includes(slot));
    expect(Array.from(slotsOf(mask, order, false))).toEqual(others);
  });

  test("codes in draw order, of one byte or two", () => {
    expect(codesInDrawOrder(Uint8Array.of(7, 8, 9), ordered(2, 0, 1))).toEqual(Uint8Array.of(9, 7, 8));
    expect(codesInDrawOrder(Uint16Array.of(7, 800, 9), ordered(2, 0, 1))).toEqual(Uint16Array.of(9, 7, 800));
  });

  test("positions in draw order; a row without one is nowhere", () => {
    const nothing = [NOWHERE, NOWHERE, NOWHERE];
    const xy = Float32Array.of(1, 2, Number.NaN, 4, 5, Number.NEGATIVE_INFINITY);
    const xyz = Float32Array.of(1, 2, 9, 3, 4, Number.NaN);
    expect(Array.from(inDrawOrder(xy, 2, ordered(2, 0, 1)))).toEqual([NOWHERE, NOWHERE, 1, 2, NOWHERE, NOWHERE]);
    expect(Array.from(inDrawOrder(xy, 2, ordered(2, 0), 3))).toEqual([...nothing, 1, 2, 0]);
    expect(Array.from(inDrawOrder(xyz, 3, ordered(1, 0)))).toEqual([...nothing, 1, 2, 9]);
    expect(Array.from(raised(Float32Array.of(1, 2, 3, 4)))).toEqual([1, 2, 0, 3, 4, 0]);
  });
});
