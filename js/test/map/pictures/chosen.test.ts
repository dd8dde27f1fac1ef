import { describe, expect, test } from "vitest";
import { has, maskOf } from "../../../src/bitmask";
import { rankOf, scan } from "../../../src/map/pictures/candidates";
import { chooser } from "../../../src/map/pictures/chooser";
import { type Axis, cellCount, cellOf, type Frame, framesOf } from "../../../src/map/pictures/frames";
import { representatives } from "../../../src/map/pictures/representatives";
import { IN_DEPTH, MOST_PICTURES, roomOf, sizeSeen } from "../../../src/map/pictures/size";
import {
  type Bounds,
  boundsOf,
  type Camera,
  fitted,
  flatCamera,
  lens,
  positionOf,
  seenThrough,
  toScreen,
} from "../../../src/scatter/camera";
import type { Layout, RowMask } from "../../../src/store";
import { clumps, seeded } from "../../fakeStore";

const SIZE = { width: 640, height: 480 };
const NOBODY = { has: () => false };

interface Asking {
  hidden?: RowMask | null;
  selection?: RowMask;
  first?: number[];
  picture_px?: number;
  around_px?: number;
}

const layoutOf = (xy: Float32Array, dims: 2 | 3 = 2): Layout => ({ name: "umap", revision: 1, dims, xy });
const extent = ({ xy, dims }: Layout) => boundsOf(xy, dims) as Bounds;
const whole = (layout: Layout) => fitted(extent(layout), SIZE);
const zoomed = (camera: Camera, factor: number, x = camera.x, y = camera.y) => ({
  ...camera,
  x,
  y,
  scale: camera.scale * factor,
});
const range = (n: number, of: (i: number) => number) => Array.from({ length: n }, (_, i) => of(i));

/** Which rows have their point in the pane. */
function seen({ xy, dims }: Layout, camera: Camera): (row: number) => boolean {
  return (row) => {
    const [x, y] = toScreen(camera, SIZE, ...positionOf(xy, dims, row));
    return x > 0 && x < SIZE.width && y > 0 && y < SIZE.height;
  };
}

/** The rows shown once a fresh chooser has looked at everything, and where their middles are. */
function chosen(layout: Layout, camera: Camera, asking: Asking = {}) {
  const { hidden = null, first = [], picture_px = 56, around_px = 0 } = asking;
  const n = layout.xy.length / layout.dims;
  const selection = asking.selection ?? maskOf(n, []);
  const bounds = extent(layout);
  const room = roomOf(picture_px, n, SIZE, camera.scale / whole(layout).scale);
  const question = { layout, bounds, hidden, selection, camera, size: SIZE, room, around_px, first };
  const { rows, isDone } = chooser().rows(question, NOBODY, 1000);
  expect(isDone).toBe(true);
  const places = rows.map((row) => toScreen(camera, SIZE, ...positionOf(layout.xy, layout.dims, row)));
  return { rows, places, room };
}

function closest(places: readonly (readonly [number, number])[]): number {
  let least = Number.POSITIVE_INFINITY;
  places.forEach(([ax, ay], a) => {
    for (const [bx, by] of places.slice(0, a)) least = Math.min(least, Math.max(Math.abs(ax - bx), Math.abs(ay - by)));
  });
  return least;
}

describe("which rows stand for a place", () => {
  test("each cell has its first row by rank, as counted by hand, in one piece or in many", () => {
    const n = 40_000;
    const { xy } = clumps(n, 7);
    xy[0] = Number.NaN;
    xy[3] = Number.POSITIVE_INFINITY;
    const hidden = maskOf(
      n,
      range(9000, (i) => 3 * i),
    );
    const frames = framesOf(extent(layoutOf(xy)), flatCamera(5, 4, 400), SIZE, 60);
    expect(frames.length).toBeGreaterThan(5);
    const pieces = scan(xy, 2, frames, hidden, null);
    while (!pieces.work(0));
    frames.forEach((frame, level) => {
      const best = new Map<number, number>();
      for (let row = 0; row < n; row++) {
        const cell = cellOf(frame, ...positionOf(xy, 2, row));
        if (cell < 0 || has(hidden, row)) continue;
        const held = best.get(cell);
        if (held === undefined || rankOf(row) < rankOf(held)) best.set(cell, row);
      }
      const table = pieces.all[level] as Int32Array;
      expect(table.filter((row) => row >= 0).length).toBe(best.size);
      for (const [cell, row] of best) expect(table[cell]).toBe(row);
    });
  });

  test("grids stay while a camera that roams a flat map comes closer, hold all that it sees, and each is in the one before", () => {
    const layout = layoutOf(clumps(2000, 5).xy);
    const [bounds, random] = [extent(layout), seeded(3)];
    const within = (a: Frame, b: Frame) =>
      a.axes.every(({ start, count }, i) => {
        const other = b.axes[i] as Axis;
        return (
          start >= other.start && start + count * a.cell <= other.start + other.count * b.cell + (i === 2 ? a.cell : 0)
        );
      });
    let frames: Frame[] = [];
    let camera = whole(layout);
    let deepest = 0;
    for (let move = 0; move < 400; move++) {
      const isCloser = move % 3 > 0;
      const factor = isCloser ? 1 + 0.4 * random() : 1 - 0.45 * random();
      const middle = 2 * Math.floor(2000 * random());
      const [x, y] = isCloser ? [camera.x, camera.y] : [layout.xy[middle], layout.xy[middle + 1]];
      camera = zoomed(camera, factor, x, y);
      const before = frames;
      frames = framesOf(bounds, camera, SIZE, 60, before);
      const needed = framesOf(bounds, camera, SIZE, 60);
      expect(frames.length).toBe(needed.length);
      frames.forEach((frame, level) => {
        expect(within(needed[level] as Frame, frame), `move ${move}, level ${level}`).toBe(true);
        if (level > 0) expect(within(frame, frames[level - 1] as Frame), `move ${move}, level ${level}`).toBe(true);
        expect(cellCount(frame)).toBeLessThan(4 * ((SIZE.width / 60 + 12) * 2) ** 2);
      });
      if (isCloser) expect(frames.slice(0, before.length)).toEqual(before);
      deepest = Math.max(deepest, frames.length);
    }
    expect(deepest).toBeGreaterThan(8);
  });

  test("two that are shown at a spacing are that far apart", () => {
    for (const seed of [1, 2, 3]) {
      const layout = layoutOf(clumps(5000, 5, seed).xy);
      const { xy } = layout;
      const frames = framesOf(extent(layout), whole(layout), SIZE, 12);
      const all = scan(xy, 2, frames, null, null);
      all.work(1000);
      const told = representatives(xy, 2, frames, all.all);
      let step = told.next();
      while (step.done !== true) step = told.next();
      const { rows, reach } = step.value;
      expect(rows.length).toBeGreaterThan(100);
      let wrong = 0;
      for (let i = 0; i < rows.length; i++) {
        for (let j = 0; j < i; j++) {
          const [ax, ay] = positionOf(xy, 2, rows[i] as number);
          const [bx, by] = positionOf(xy, 2, rows[j] as number);
          const apart = Math.max(Math.abs(ax - bx), Math.abs(ay - by));
          if (apart < Math.min(reach[i] as number, reach[j] as number)) wrong++;
        }
      }
      expect(wrong).toBe(0);
    }
  });
});

describe("pictures on a screen", () => {
  const flat = layoutOf(clumps(20_000, 8).xy);

  test("none lies over another, there are never too many, and they fill the map", () => {
    for (const factor of [1, 1.7, 4, 9, 40, 300, 2000]) {
      for (const picture_px of [12, 56, 160]) {
        const camera = zoomed(whole(flat), factor, flat.xy[20], flat.xy[21]);
        const { rows, places, room } = chosen(flat, camera, { picture_px });
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.length).toBeLessThanOrEqual(MOST_PICTURES);
        expect(closest(places)).toBeGreaterThan(room.size_px);
      }
    }
    expect(chosen(flat, whole(flat)).rows.length).toBeGreaterThan(18);
  });

  test("those around the pane come after those on it, which stay the same, and none lies over another", () => {
    const camera = zoomed(whole(flat), 9, flat.xy[20], flat.xy[21]);
    const alone = chosen(flat, camera);
    const { rows, places, room } = chosen(flat, camera, { around_px: 80 });
    expect(rows.slice(0, alone.rows.length)).toEqual(alone.rows);
    const beyond = places.slice(alone.rows.length);
    expect(beyond.length).toBeGreaterThan(3);
    const reach = room.size_px / 2;
    for (const [x, y] of beyond) {
      const far = Math.max(-x, x - SIZE.width, -y, y - SIZE.height);
      expect(far).toBeGreaterThanOrEqual(reach);
      expect(far).toBeLessThan(reach + 80);
    }
    expect(closest(places)).toBeGreaterThan(room.size_px);
  });

  test("closer keeps every picture that is still in the pane", () => {
    let before = chosen(flat, whole(flat)).rows;
    for (const factor of [1.2, 1.5, 2, 3, 5, 8, 13, 30, 80]) {
      const camera = zoomed(whole(flat), factor);
      const { rows } = chosen(flat, camera);
      const kept = before.filter(seen(flat, camera));
      expect(kept.filter((row) => !rows.includes(row))).toEqual([]);
      before = rows;
    }
  });

  test("a moved camera shows the same rows where it saw before", () => {
    const random = seeded(4);
    for (const factor of [2, 6, 25, 120]) {
      const middle = Math.floor(random() * 20_000);
      const here = zoomed(whole(flat), factor, flat.xy[2 * middle], flat.xy[2 * middle + 1]);
      const first = chosen(flat, here).rows;
      for (const [dx, dy] of [
        [7, 3],
        [-40, 90],
        [210, -160],
      ] as const) {
        const there = { ...here, x: here.x + dx / here.scale, y: here.y + dy / here.scale };
        const second = chosen(flat, there).rows;
        const inBoth = (rows: number[]) =>
          rows
            .filter(seen(flat, here))
            .filter(seen(flat, there))
            .sort((a, b) => a - b);
        expect(inBoth(second)).toEqual(inBoth(first));
      }
    }
  });

  test("hidden rows never, the focused one always unless it is hidden, selected ones first", () => {
    const camera = whole(flat);
    const plain = chosen(flat, camera).rows;
    const some = plain.slice(0, 20);
    const without = chosen(flat, camera, { hidden: maskOf(20_000, some) }).rows;
    expect(without.filter((row) => some.includes(row))).toEqual([]);
    expect(without.length).toBeGreaterThan(plain.length / 2);
    const lone = range(20_000, (row) => row).find((row) => !plain.includes(row)) as number;
    expect(chosen(flat, camera, { first: [lone] }).rows[0]).toBe(lone);
    expect(chosen(flat, camera, { first: [lone], hidden: maskOf(20_000, [lone]) }).rows).not.toContain(lone);
    const picked = maskOf(
      20_000,
      range(60, (i) => 31 * i + 7),
    );
    const { rows } = chosen(flat, camera, { selection: picked });
    const last = rows.findLastIndex((row) => has(picked, row));
    expect(last).toBeGreaterThan(10);
    expect(rows.slice(0, last + 1).every((row) => has(picked, row))).toBe(true);
    expect(rows.filter((row) => plain.includes(row)).length).toBeGreaterThan(plain.length / 4);
  });

  test("one point, points in one place, points without a place, points with depth", () => {
    expect(chosen(layoutOf(Float32Array.of(1, 2)), flatCamera(1, 2, 100)).rows).toEqual([0]);
    expect(chosen(layoutOf(new Float32Array(200).fill(3)), flatCamera(3, 3, 100)).rows.length).toBe(1);
    const part = layoutOf(Float32Array.of(Number.NaN, 0, 5, 5, Number.POSITIVE_INFINITY, 5));
    expect(chosen(part, flatCamera(5, 5, 100)).rows).toEqual([1]);
    const random = seeded(9);
    const deep = layoutOf(
      Float32Array.from({ length: 9000 }, () => random() - 0.5),
      3,
    );
    const { rows, places, room } = chosen(deep, { ...whole(deep), yaw: 0.5, pitch: 0.3 });
    expect(rows.length).toBeGreaterThan(12);
    expect(closest(places)).toBeGreaterThan(IN_DEPTH.smallest * room.size_px);
  });

  test("in depth the nearest come first, and none lies over another however large it is seen", () => {
    const random = seeded(9);
    const deep = layoutOf(
      Float32Array.from({ length: 30_000 }, () => random() - 0.5),
      3,
    );
    for (const [factor, yaw] of [
      [1, 0.5],
      [2.5, 2],
      [1.4, -2.8],
    ] as const) {
      const camera = { ...zoomed(whole(deep), factor), yaw, pitch: 0.3 };
      const { rows, room } = chosen(deep, camera);
      expect(rows.length).toBeGreaterThan(12);
      const through = lens(camera, SIZE);
      const placed = rows.map((row) => seenThrough(through, ...positionOf(deep.xy, 3, row)));
      placed.forEach(([ax, ay, , a], i) => {
        for (const [bx, by, , b] of placed.slice(0, i)) {
          const apart = Math.max(Math.abs(ax - bx), Math.abs(ay - by));
          expect(apart).toBeGreaterThan(room.size_px * Math.max(sizeSeen(a), sizeSeen(b)));
        }
      });
      const depths = placed.map(([, , depth]) => depth);
      const all = range(10_000, (row) => seenThrough(through, ...positionOf(deep.xy, 3, row))[2]);
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean(depths)).toBeGreaterThan(mean(all) + 0.1);
    }
  });
});

test("pictures are smaller and farther apart while points have no room, and grow as they get it", () => {
  let before = roomOf(56, 10_000, SIZE, 1);
  expect(before.size_px).toBeLessThan(40);
  expect(before.spacing_px).toBeGreaterThan(1.4 * before.size_px);
  for (let zoom = 1.3; zoom < 5000; zoom *= 1.3) {
    const now = roomOf(56, 10_000, SIZE, zoom);
    expect(now.size_px).toBeGreaterThanOrEqual(before.size_px);
    expect(now.spacing_px / 1.3).toBeLessThan(before.spacing_px);
    expect(now.spacing_px).toBeGreaterThan(1.1 * now.size_px);
    before = now;
  }
  expect(before.size_px).toBeLessThan(110);
});
