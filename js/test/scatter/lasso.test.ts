import { describe, expect, test } from "vitest";
import { maskOf, rowsOf } from "../../src/bitmask";
import { rowsAlong, rowsInPolygon } from "../../src/scatter/lasso";
import { clumps, seeded } from "../fakeStore";

/** The textbook rule, every edge for every point. */
function inside(x: number, y: number, polygon: number[]): boolean {
  let odd = false;
  for (let c = 0; c < polygon.length; c += 2) {
    const d = (c + 2) % polygon.length;
    const [ax, ay, bx, by] = [polygon[c], polygon[c + 1], polygon[d], polygon[d + 1]] as [
      number,
      number,
      number,
      number,
    ];
    if (ay > y !== by > y && x < (bx - ax) * ((y - ay) / (by - ay)) + ax) odd = !odd;
  }
  return odd;
}

function naive(xy: Float32Array, polygon: number[]): number[] {
  const rows = Array.from({ length: xy.length / 2 }, (_, row) => row);
  return rows.filter((row) => inside(xy[2 * row] as number, xy[2 * row + 1] as number, polygon));
}

describe("lasso", () => {
  test("equals the textbook rule on random polygons, self-crossing ones too", () => {
    const { xy } = clumps(2000, 5);
    const random = seeded(11);
    for (let round = 0; round < 60; round++) {
      const corners = 3 + Math.floor(random() * (round < 40 ? 12 : 900));
      const polygon = Array.from({ length: 2 * corners }, () => 12 * random() - 1);
      const found = rowsInPolygon(xy, 2, polygon);
      const rows = Array.from(rowsOf(found));
      expect(rows).toEqual(naive(xy, polygon));
      expect(found.count).toBe(rows.length);
      expect(found.n).toBe(2000);
    }
  });

  test("corners and edges on a grid of points, where rounding shows", () => {
    const xy = new Float32Array(2 * 21 * 21);
    for (let i = 0; i < 21 * 21; i++) xy.set([i % 21, Math.floor(i / 21)], 2 * i);
    const random = seeded(3);
    for (let round = 0; round < 100; round++) {
      const polygon = Array.from({ length: 2 * (3 + Math.floor(7 * random())) }, () => Math.floor(21 * random()));
      expect(Array.from(rowsOf(rowsInPolygon(xy, 2, polygon)))).toEqual(naive(xy, polygon));
    }
  });

  test("a third dimension is passed over", () => {
    const xyz = Float32Array.of(0.5, 0.5, 9, 5, 5, 0.5, 0.2, 0.8, -9);
    expect(Array.from(rowsOf(rowsInPolygon(xyz, 3, [0, 0, 1, 0, 1, 1, 0, 1])))).toEqual([0, 2]);
  });

  test("rows without a position are outside", () => {
    const xy = Float32Array.of(Number.NaN, 0.5, 0.5, 0.5, 0.5, Number.NaN);
    expect(Array.from(rowsOf(rowsInPolygon(xy, 2, [0, 0, 1, 0, 1, 1, 0, 1])))).toEqual([1]);
  });

  test("a line, a point and nothing hold no rows", () => {
    const { xy } = clumps(100, 2);
    for (const polygon of [[], [1, 1], [0, 0, 9, 9], [0, 5, 9, 5, 4, 5]]) {
      expect(rowsInPolygon(xy, 2, polygon).count).toBe(0);
    }
  });
});

describe("brush", () => {
  test("touches what is near any stretch of its path, and keeps what was touched before", () => {
    const { xy } = clumps(3000, 5);
    const random = seeded(5);
    for (let round = 0; round < 12; round++) {
      const path = Array.from({ length: 2 * (1 + Math.floor(8 * random())) }, () => 10 * random());
      const radius = 0.1 + random();
      const before = maskOf(3000, [1, 2, 2999]);
      const far = (row: number) => {
        const [x, y] = [xy[2 * row] as number, xy[2 * row + 1] as number];
        let least = Number.POSITIVE_INFINITY;
        for (let p = 0; p + 1 < path.length; p += 2) {
          const [ax, ay] = [path[p] as number, path[p + 1] as number];
          const [bx, by] = [path[p + 2] ?? ax, path[p + 3] ?? ay];
          for (let t = 0; t <= 1; t += 1 / 512) {
            least = Math.min(least, Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)));
          }
        }
        return least - radius;
      };
      const found = rowsAlong(xy, 2, path, radius, before);
      const rows = new Set(rowsOf(found));
      expect(found.count).toBe(rows.size);
      for (let row = 0; row < 3000; row += 7) {
        const beyond = far(row);
        if (Math.abs(beyond) > 1e-3) expect(rows.has(row)).toBe(beyond < 0 || [1, 2, 2999].includes(row));
      }
      expect([1, 2, 2999].every((row) => rows.has(row))).toBe(true);
    }
  });
});
