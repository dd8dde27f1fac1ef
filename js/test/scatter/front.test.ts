import { describe, expect, test } from "vitest";
import { inFront } from "../../src/scatter/front";
import { seeded } from "../fakeStore";

const rowsOf = (bits: Uint8Array, n: number) =>
  Array.from({ length: n }, (_, row) => row).filter((row) => ((bits[row >> 3] as number) >> (row & 7)) & 1);

describe("what is in front", () => {
  test("of points on one spot those near the foremost; hidden ones and unseen ones hide nothing and are not in it", () => {
    const places = Float32Array.of(10, 10, 11, 11, 10, 12, 200, 50, Number.NaN, 0, 11, 10);
    const depths = Float32Array.of(5, 4.9, -5, -5, 9, 8);
    expect(rowsOf(inFront(places, depths, 7, null), 6)).toEqual([3, 5]);
    expect(rowsOf(inFront(places, depths, 7, Uint8Array.of(0b100000)), 6)).toEqual([0, 1, 3]);
    expect(rowsOf(inFront(new Float32Array(0), new Float32Array(0), 7, null), 0)).toEqual([]);
  });

  test("equals the rule written as two loops", () => {
    const random = seeded(4);
    const n = 600;
    const places = Float32Array.from({ length: 2 * n }, () => 90 * random());
    const depths = Float32Array.from({ length: n }, () => 4 * random());
    const cell = 6;
    const x0 = Math.min(...Array.from({ length: n }, (_, row) => places[2 * row] as number));
    const y0 = Math.min(...Array.from({ length: n }, (_, row) => places[2 * row + 1] as number));
    const thick = 0.06 * (Math.max(...depths) - Math.min(...depths));
    const spot = (row: number) =>
      [(places[2 * row] as number) - x0, (places[2 * row + 1] as number) - y0]
        .map((at) => Math.floor(at / cell))
        .join();
    const expected = Array.from({ length: n }, (_, row) => row).filter((row) =>
      Array.from(depths).every((depth, other) => spot(other) !== spot(row) || depth - thick <= (depths[row] as number)),
    );
    expect(expected.length).toBeGreaterThan(100);
    expect(expected.length).toBeLessThan(n);
    expect(rowsOf(inFront(places, depths, cell, null), n)).toEqual(expected);
  });
});
