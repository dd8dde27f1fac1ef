import { describe, expect, test } from "vitest";
import { type Camera, flatCamera, lens, type Size, seenThrough } from "../../src/scatter/camera";
import { type Place, seek } from "../../src/scatter/seek";
import { seeded } from "../fakeStore";

const random = seeded(11);
const size: Size = { width: 300, height: 200 };

/** By the rule, one row at a time. */
function searched(xy: Float32Array, dims: number, camera: Camera, place: Place, hidden: Uint8Array | null): number {
  const through = lens(camera, size);
  const seen: { row: number; away: number; depth: number; over: boolean }[] = [];
  for (let row = 0; row < xy.length / dims; row++) {
    if (hidden !== null && ((hidden[row >> 3] as number) >> (row & 7)) & 1) continue;
    const [x, y] = [xy[row * dims] as number, xy[row * dims + 1] as number];
    const [sx, sy, depth, closer] = seenThrough(through, x, y, dims === 3 ? (xy[row * dims + 2] as number) : 0);
    const away = Math.hypot(sx - place.sx, sy - place.sy);
    if (Number.isNaN(away)) continue;
    seen.push({ row, away, depth, over: away <= place.disc_px * closer });
  }
  const over = seen.filter((one) => one.over).sort((a, b) => b.depth - a.depth || a.row - b.row);
  if (dims === 3 && over[0] !== undefined) return over[0].row;
  const near = seen.filter((one) => one.away <= place.reach_px).sort((a, b) => a.away - b.away || a.row - b.row);
  return near[0]?.row ?? -1;
}

function some(n: number, dims: number): Float32Array {
  const xy = Float32Array.from({ length: n * dims }, () => 20 * random() - 10);
  for (let row = 0; row < n; row += 17) xy[row * dims + Math.floor(random() * dims)] = Number.NaN;
  return xy;
}

const cameraOf = (dims: number): Camera =>
  dims === 2
    ? flatCamera(6 * random() - 3, 6 * random() - 3, 5 + 40 * random())
    : { x: 0, y: 1, z: 2, scale: 5 + 40 * random(), yaw: 6 * random() - 3, pitch: 3 * random() - 1.5 };

describe("the point under a place", () => {
  for (const dims of [2, 3]) {
    test(`is the one a search of all rows by the rule finds, dims ${dims}`, () => {
      let found = 0;
      for (let round = 0; round < 400; round++) {
        const n = 1 + Math.floor(3000 * random());
        const xy = some(n, dims);
        const camera = cameraOf(dims);
        const place = {
          sx: size.width * random(),
          sy: size.height * random(),
          reach_px: 12 * random(),
          disc_px: 15 * random(),
        };
        const hidden = round % 2 === 0 ? null : Uint8Array.from({ length: (n + 7) >> 3 }, () => 256 * random());
        const search = seek(xy, dims, lens(camera, size), dims === 2, place, hidden);
        while (!search.go(100));
        expect(search.row).toBe(searched(xy, dims, camera, place, hidden));
        if (search.row >= 0) found++;
      }
      expect(found).toBeGreaterThan(100);
    });
  }

  test("of two points over each other the front one is taken, of two beside the place the nearer", () => {
    const place = { sx: 150, sy: 100, reach_px: 8, disc_px: 3 };
    const through = lens(flatCamera(0, 0, 10), size);
    const over = seek(Float32Array.of(0, 0, -1, 0.01, 0, 1, 0, 0, 0), 3, through, false, place, null);
    expect(over.go(3)).toBe(true);
    expect(over.row).toBe(1);
    const beside = seek(Float32Array.of(0.7, 0, -1, 0.6, 0, -2), 3, through, false, place, null);
    beside.go(2);
    expect(beside.row).toBe(1);
  });

  test("of equal ones the lowest row; of none none", () => {
    const place = { sx: 150, sy: 100, reach_px: 8, disc_px: 3 };
    for (const [dims, xy] of [
      [2, Float32Array.of(0.1, 0, 0.1, 0)],
      [3, Float32Array.of(0.1, 0, 0, 0.1, 0, 0)],
    ] as const) {
      const search = seek(xy, dims, lens(flatCamera(0, 0, 10), size), dims === 2, place, null);
      search.go(2);
      expect(search.row).toBe(0);
    }
    const none = seek(new Float32Array(0), 2, lens(flatCamera(0, 0, 10), size), true, place, null);
    expect(none.go(1)).toBe(true);
    expect(none.row).toBe(-1);
  });
});
