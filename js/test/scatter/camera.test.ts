import { describe, expect, test } from "vitest";
import {
  between,
  boundsOf,
  type Camera,
  fitted,
  panned,
  toData,
  toScreen,
  zoomedAbout,
} from "../../src/scatter/camera";
import { seeded } from "../fakeStore";

const random = seeded(5);
const cases = Array.from({ length: 200 }, () => {
  const size = { width: 50 + 2000 * random(), height: 50 + 1500 * random() };
  const camera: Camera = { x: 200 * random() - 100, y: 200 * random() - 100, scale: 10 ** (6 * random() - 3) };
  return { size, camera, sx: size.width * random(), sy: size.height * random() };
});

describe("camera", () => {
  test("screen to data and back is the same place", () => {
    for (const { size, camera, sx, sy } of cases) {
      const [x, y] = toData(camera, size, sx, sy);
      const [bx, by] = toScreen(camera, size, x, y);
      expect(bx).toBeCloseTo(sx, 6);
      expect(by).toBeCloseTo(sy, 6);
    }
  });

  test("data y points up", () => {
    const camera = { x: 0, y: 0, scale: 2 };
    expect(toScreen(camera, { width: 100, height: 80 }, 5, 10)).toEqual([60, 20]);
  });

  test("zooming about a point keeps what is under it", () => {
    for (const { size, camera, sx, sy } of cases) {
      const [x, y] = toData(camera, size, sx, sy);
      const closer = zoomedAbout(camera, size, sx, sy, camera.scale * 3.7);
      const [zx, zy] = toScreen(closer, size, x, y);
      expect(closer.scale).toBe(camera.scale * 3.7);
      expect(zx).toBeCloseTo(sx, 5);
      expect(zy).toBeCloseTo(sy, 5);
    }
  });

  test("panning moves what is on screen by the pixels dragged", () => {
    for (const { size, camera, sx, sy } of cases) {
      const [x, y] = toData(camera, size, sx, sy);
      const [px, py] = toScreen(panned(camera, 31, -17), size, x, y);
      expect(px).toBeCloseTo(sx + 31, 5);
      expect(py).toBeCloseTo(sy - 17, 5);
    }
  });

  test("fitted shows the bounds whole, with 5 % left free on the tighter side", () => {
    for (const { size } of cases) {
      const bounds = { x0: -3, y0: 2, x1: 9, y1: 5 };
      const camera = fitted(bounds, size);
      const [left, bottom] = toScreen(camera, size, bounds.x0, bounds.y0);
      const [right, top] = toScreen(camera, size, bounds.x1, bounds.y1);
      expect(left + right).toBeCloseTo(size.width, 6);
      expect(top + bottom).toBeCloseTo(size.height, 6);
      expect(Math.min(left / size.width, top / size.height)).toBeCloseTo(0.05, 6);
    }
  });

  test("one point, a line of points and an empty pane still give a camera", () => {
    for (const bounds of [
      { x0: 1, y0: 1, x1: 1, y1: 1 },
      { x0: 0, y0: 1, x1: 4, y1: 1 },
    ]) {
      for (const size of [
        { width: 0, height: 0 },
        { width: 300, height: 200 },
      ]) {
        const camera = fitted(bounds, size);
        expect(camera.scale).toBeGreaterThan(0);
        expect(Number.isFinite(camera.scale)).toBe(true);
      }
    }
  });

  test("bounds leave out rows without a position", () => {
    const xy = Float32Array.of(1, 2, Number.NaN, 9, 4, -3, 7, Number.POSITIVE_INFINITY);
    expect(boundsOf(xy, 2)).toEqual({ x0: 1, y0: -3, x1: 4, y1: 2 });
    expect(boundsOf(Float32Array.of(Number.NaN, 1), 2)).toBeNull();
    expect(boundsOf(new Float32Array(0), 2)).toBeNull();
    expect(boundsOf(Float32Array.of(1, 2, 50, 3, 4, 60), 3)).toEqual({ x0: 1, y0: 2, x1: 3, y1: 4 });
  });

  test("between starts at one camera and ends at the other", () => {
    const from = { x: 0, y: 0, scale: 1 };
    const to = { x: 8, y: -2, scale: 100 };
    expect(between(from, to, 0)).toEqual(from);
    expect(between(from, to, 1)).toEqual(to);
    expect(between(from, to, 0.5).scale).toBeCloseTo(10, 9);
  });
});
