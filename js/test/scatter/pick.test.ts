import { describe, expect, test } from "vitest";
import { picker } from "../../src/scatter/pick";
import { clumps, seeded } from "../fakeStore";

function nearest(xy: Float32Array, x: number, y: number, radius: number): number {
  let best = -1;
  let least = radius * radius;
  for (let row = 0; row < xy.length / 2; row++) {
    const square = ((xy[2 * row] as number) - x) ** 2 + ((xy[2 * row + 1] as number) - y) ** 2;
    if (square < least || (best < 0 && square === least)) {
      best = row;
      least = square;
    }
  }
  return best;
}

describe("picker", () => {
  const layouts: [string, Float32Array][] = [
    ["clumps", clumps(3000, 6).xy],
    ["clumps and a far outlier", Float32Array.of(...clumps(500, 3).xy, 1e6, -1e6)],
    ["a line", Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? i / 40 : 3))],
    ["two points", Float32Array.of(1, 1, 2, 2)],
    ["a grid with ties", Float32Array.from({ length: 800 }, (_, i) => (i % 2 === 0 ? (i >> 1) % 10 : (i >> 1) % 7))],
    ["some without position", clumps(900, 4).xy.map((v, i) => (i % 14 < 2 ? Number.NaN : v))],
  ];

  test.each(layouts)("equals a linear scan: %s", (_, xy) => {
    const pick = picker(xy, 2);
    const random = seeded(9);
    for (let round = 0; round < 500; round++) {
      const x = 14 * random() - 2;
      const y = 12 * random() - 2;
      const radius = 10 ** (3 * random() - 2.5);
      expect(pick.nearest(x, y, radius)).toBe(nearest(xy, x, y, radius));
    }
  });

  test("all points in one place: the lowest row", () => {
    expect(picker(new Float32Array(200).fill(3), 2).nearest(3.1, 3, 0.5)).toBe(0);
  });

  test("no points", () => {
    expect(picker(new Float32Array(0), 2).nearest(0, 0, 1)).toBe(-1);
    expect(picker(Float32Array.of(Number.NaN, Number.NaN), 2).nearest(0, 0, 1)).toBe(-1);
  });

  test("a third dimension is passed over", () => {
    expect(picker(Float32Array.of(0, 0, 50, 1, 1, -50), 3).nearest(0.9, 1, 0.5)).toBe(1);
  });
});

test("rows that are hidden are not picked", () => {
  const near = picker(Float32Array.of(0, 0, 0.1, 0, 5, 5), 2);
  expect(near.nearest(0, 0, 1, Uint8Array.of(0b001))).toBe(1);
  expect(near.nearest(0, 0, 1, Uint8Array.of(0b011))).toBe(-1);
  expect(near.nearest(0, 0, 1, null)).toBe(0);
});
