import { describe, expect, test } from "vitest";
import { type Camera, flatCamera, lens, type Size, seenThrough } from "../../src/scatter/camera";
import { foremost, type Gathering, gather, type Place } from "../../src/scatter/seek";
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

/** Looked for in parts, among what was gathered around a place up to each of `roams_px` from it, the nearest first. */
function looked(
  xy: Float32Array,
  dims: number,
  camera: Camera,
  place: Place,
  hidden: Uint8Array | null,
  ...roams_px: number[]
) {
  const through = lens(camera, size);
  function around([roam_px = 0, ...farther]: number[], at: Place): Gathering {
    const angle = 7 * random();
    const sx = at.sx + roam_px * Math.cos(angle);
    const sy = at.sy + roam_px * Math.sin(angle);
    const there = { ...at, sx, sy, reach_px: at.reach_px + roam_px };
    return gather(xy, dims, through, dims === 2, there, farther.length > 0 ? around(farther, there) : null);
  }
  const near = around(roams_px, place);
  while (!near.go(100));
  return foremost(near.rows, xy, dims, through, dims === 2, place, hidden);
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
        const expected = searched(xy, dims, camera, place, hidden);
        expect(looked(xy, dims, camera, place, hidden)).toBe(expected);
        expect(looked(xy, dims, camera, place, hidden, 30 * random())).toBe(expected);
        expect(looked(xy, dims, camera, place, hidden, 30 * random(), 90 * random())).toBe(expected);
        if (expected >= 0) found++;
      }
      expect(found).toBeGreaterThan(100);
    });
  }

  test("of two points over each other the front one is taken, of two beside the place the nearer", () => {
    const place = { sx: 150, sy: 100, reach_px: 8, disc_px: 3 };
    const camera = flatCamera(0, 0, 10);
    expect(looked(Float32Array.of(0, 0, -1, 0.01, 0, 1, 0, 0, 0), 3, camera, place, null)).toBe(1);
    expect(looked(Float32Array.of(0.7, 0, -1, 0.6, 0, -2), 3, camera, place, null)).toBe(1);
  });

  test("of equal ones the lowest row; of none none", () => {
    const place = { sx: 150, sy: 100, reach_px: 8, disc_px: 3 };
    const camera = flatCamera(0, 0, 10);
    expect(looked(Float32Array.of(0.1, 0, 0.1, 0), 2, camera, place, null)).toBe(0);
    expect(looked(Float32Array.of(0.1, 0, 0, 0.1, 0, 0), 3, camera, place, null)).toBe(0);
    expect(looked(new Float32Array(0), 2, camera, place, null)).toBe(-1);
  });

  test("gathering looks at no more rows than it is told to, and keeps few", () => {
    const xy = some(10_000, 3);
    const near = gather(xy, 3, lens(flatCamera(0, 0, 10), size), false, { sx: 150, sy: 100, reach_px: 8, disc_px: 3 });
    expect(near.go(4000)).toBe(false);
    expect(Math.max(...near.rows)).toBeLessThan(4000);
    expect(near.go(6000)).toBe(true);
    expect(near.rows.length).toBeLessThan(400);
  });
});
