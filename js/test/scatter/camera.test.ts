import { describe, expect, test } from "vitest";
import {
  between,
  boundsOf,
  type Camera,
  fitted,
  flatCamera,
  framed,
  lens,
  orbited,
  panned,
  perspectiveOf,
  seenThrough,
  TURNED,
  toData,
  toScreen,
  turnOf,
  zoomedAbout,
  zoomedAt,
} from "../../src/scatter/camera";
import { seeded } from "../fakeStore";

const random = seeded(5);
const flat = Array.from({ length: 200 }, () => {
  const size = { width: 50 + 2000 * random(), height: 50 + 1500 * random() };
  const camera = flatCamera(200 * random() - 100, 200 * random() - 100, 10 ** (6 * random() - 3));
  return { size, camera, sx: size.width * random(), sy: size.height * random() };
});
const turned = flat.map(({ camera, ...rest }) => ({
  ...rest,
  camera: { ...camera, z: 50 * random(), yaw: 6 * random() - 3, pitch: 3 * random() - 1.5 } as Camera,
}));
const cases = [...flat, ...turned];

describe("camera", () => {
  test("screen to data and back is the same place", () => {
    for (const { size, camera, sx, sy } of cases) {
      const [bx, by] = toScreen(camera, size, ...toData(camera, size, sx, sy));
      expect(bx).toBeCloseTo(sx, 5);
      expect(by).toBeCloseTo(sy, 5);
    }
  });

  test("data y points up", () => {
    expect(toScreen(flatCamera(0, 0, 2), { width: 100, height: 80 }, 5, 10)).toEqual([60, 20]);
  });

  test("looking straight on at a plane is the flat map, to the last bit", () => {
    for (const { size, camera, sx, sy } of flat) {
      const x = camera.x + 300 * random() - 150;
      const y = camera.y + 300 * random() - 150;
      expect(toScreen(camera, size, x, y)).toEqual([
        size.width / 2 + (x - camera.x) * camera.scale,
        size.height / 2 - (y - camera.y) * camera.scale,
      ]);
      expect(toData(camera, size, sx, sy)).toEqual([
        camera.x + (sx - size.width / 2) / camera.scale,
        camera.y - (sy - size.height / 2) / camera.scale,
        0,
      ]);
    }
  });

  test("a turn is a rotation: lengths and right angles stay, right × up is towards the viewer", () => {
    for (const { camera } of turned) {
      const [a, b, c, d, e, f, g, h, i] = turnOf(camera);
      expect(Math.hypot(a, b, c)).toBeCloseTo(1, 12);
      expect(Math.hypot(d, e, f)).toBeCloseTo(1, 12);
      expect(a * d + b * e + c * f).toBeCloseTo(0, 12);
      expect([b * f - c * e, c * d - a * f, a * e - b * d].map((one) => one.toFixed(9))).toEqual(
        [g, h, i].map((one) => one.toFixed(9)),
      );
    }
  });

  test("a positive yaw brings what is in front to the right, a positive pitch brings it down", () => {
    const size = { width: 100, height: 100 };
    const camera = flatCamera(0, 0, 10);
    expect(toScreen(orbited(camera, 0.3, 0), size, 0, 0, 1)[0]).toBeGreaterThan(50);
    expect(toScreen(orbited(camera, 0, 0.3), size, 0, 0, 1)[1]).toBeGreaterThan(50);
    expect(toScreen(camera, size, 0, 0, 1)).toEqual([50, 50]);
  });

  test("what is nearer is larger, what is behind the eye is not seen, and the data's unit does not matter", () => {
    const size = { width: 300, height: 200 };
    const near = seenThrough(lens(flatCamera(0, 0, 10), size), 1, 0, 10);
    expect(near[2]).toBe(10);
    expect(near[3]).toBeCloseTo(1 / (1 - 10 / 40), 12);
    expect(near[0]).toBeCloseTo(150 + 10 / (1 - 10 / 40), 12);
    expect(perspectiveOf(flatCamera(0, 0, 10), size)).toBeCloseTo(1 / 40, 12);
    expect(seenThrough(lens(flatCamera(0, 0, 10), size), 1, 0, 40)).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect(seenThrough(lens(flatCamera(0, 0, 0.01), size), 1000, 0, 10_000)[0]).toBeCloseTo(near[0], 9);
    expect(perspectiveOf(flatCamera(0, 0, 10), { width: 0, height: 0 })).toBe(0);
  });

  test("zooming about a place keeps what is under it", () => {
    for (const { size, camera, sx, sy } of cases) {
      const place = toData(camera, size, sx, sy);
      const closer = zoomedAbout(camera, size, sx, sy, camera.scale * 3.7);
      const [zx, zy] = toScreen(closer, size, ...place);
      expect(closer.scale).toBe(camera.scale * 3.7);
      expect(zx).toBeCloseTo(sx, 5);
      expect(zy).toBeCloseTo(sy, 5);
    }
  });

  test("zooming at a point keeps it where it is, however near or far it lies", () => {
    for (const { size, camera } of turned) {
      const reach = Math.min(size.width, size.height) / camera.scale;
      const point = [camera.x, camera.y, camera.z].map((one) => one + reach * (random() - 0.5)) as [
        number,
        number,
        number,
      ];
      const [sx, sy] = toScreen(camera, size, ...point);
      const [zx, zy] = toScreen(zoomedAt(camera, point, camera.scale * 2.9), size, ...point);
      expect(zx).toBeCloseTo(sx, 4);
      expect(zy).toBeCloseTo(sy, 4);
    }
  });

  test("panning moves what is in the plane through the middle by the pixels dragged", () => {
    for (const { size, camera, sx, sy } of cases) {
      const place = toData(camera, size, sx, sy);
      const [px, py] = toScreen(panned(camera, 31, -17), size, ...place);
      expect(px).toBeCloseTo(sx + 31, 5);
      expect(py).toBeCloseTo(sy - 17, 5);
    }
  });

  test("orbiting keeps the middle, comes round, and stops at straight down", () => {
    const size = { width: 300, height: 200 };
    const camera: Camera = { x: 3, y: 4, z: 5, scale: 10, yaw: 3, pitch: 1.5 };
    const moved = orbited(camera, 0.5, 0.5);
    expect(toScreen(moved, size, 3, 4, 5)).toEqual([150, 100]);
    expect(moved.yaw).toBeCloseTo(3.5 - 2 * Math.PI, 12);
    expect(moved.pitch).toBe(Math.PI / 2);
    expect(orbited(camera, 0, -9).pitch).toBe(-Math.PI / 2);
  });

  test("fitted shows the bounds whole, with 5 % left free on the tighter side", () => {
    for (const { size } of flat) {
      const bounds = { x0: -3, y0: 2, z0: 0, x1: 9, y1: 5, z1: 0, radius: 0 };
      const camera = fitted(bounds, size);
      const [left, bottom] = toScreen(camera, size, bounds.x0, bounds.y0);
      const [right, top] = toScreen(camera, size, bounds.x1, bounds.y1);
      expect(left + right).toBeCloseTo(size.width, 6);
      expect(top + bottom).toBeCloseTo(size.height, 6);
      expect(Math.min(left / size.width, top / size.height)).toBeCloseTo(0.05, 6);
    }
  });

  test("fitted in 3D keeps every point in the pane however it is turned, and wastes little", () => {
    const size = { width: 500, height: 300 };
    const xyz = Float32Array.from({ length: 3000 }, () => 20 * random() - 3);
    const bounds = boundsOf(xyz, 3);
    if (bounds === null) throw new Error("no bounds");
    let highest = size.height;
    for (let turn = 0; turn < 60; turn++) {
      const camera = fitted(bounds, size, { yaw: 6 * random() - 3, pitch: 3 * random() - 1.5 });
      for (let i = 0; i < xyz.length; i += 3) {
        const [, sy] = toScreen(camera, size, xyz[i] as number, xyz[i + 1] as number, xyz[i + 2] as number);
        highest = Math.min(highest, sy);
      }
    }
    expect(highest).toBeGreaterThan(0.05 * size.height - 0.01);
    expect(highest).toBeLessThan(0.1 * size.height);
    expect(fitted(bounds, size, TURNED)).toMatchObject(TURNED);
  });

  test("framed from one side touches the margin and leaves nothing out; a flat layout is framed as it is fitted", () => {
    for (const { size, camera } of turned) {
      const xyz = Float32Array.from({ length: 90 }, (_, i) => (i % 3 === 1 ? 3 : 20) * random() - 3);
      const bounds = boundsOf(xyz, 3) as NonNullable<ReturnType<typeof boundsOf>>;
      const there = framed(xyz, 3, bounds, size, camera);
      let nearest = 1;
      for (let i = 0; i < xyz.length; i += 3) {
        const [sx, sy] = toScreen(there, size, xyz[i] as number, xyz[i + 1] as number, xyz[i + 2] as number);
        nearest = Math.min(nearest, sx / size.width, 1 - sx / size.width, sy / size.height, 1 - sy / size.height);
      }
      expect(nearest).toBeCloseTo(0.05, 5);
      const flatBounds = boundsOf(xyz, 2) as typeof bounds;
      expect(framed(xyz, 2, flatBounds, size)).toEqual(fitted(flatBounds, size));
    }
  });

  test("one point, a line of points and an empty pane still give a camera", () => {
    for (const places of [Float32Array.of(1, 1, 1), Float32Array.of(0, 1, 1, 4, 1, 1)]) {
      for (const size of [
        { width: 0, height: 0 },
        { width: 300, height: 200 },
      ]) {
        for (const bounds of [boundsOf(places, 3), boundsOf(places.slice(0, 2), 2)]) {
          const camera = fitted(bounds as NonNullable<typeof bounds>, size);
          expect(camera.scale).toBeGreaterThan(0);
          expect(Number.isFinite(camera.scale)).toBe(true);
        }
      }
    }
  });

  test("bounds leave out rows without a position", () => {
    const xy = Float32Array.of(1, 2, Number.NaN, 9, 4, -3, 7, Number.POSITIVE_INFINITY);
    expect(boundsOf(xy, 2)).toEqual({ x0: 1, y0: -3, z0: 0, x1: 4, y1: 2, z1: 0, radius: 0 });
    expect(boundsOf(Float32Array.of(Number.NaN, 1), 2)).toBeNull();
    expect(boundsOf(new Float32Array(0), 2)).toBeNull();
    const xyz = Float32Array.of(1, 2, 50, 3, 4, 60, Number.NaN, 0, 0, 1, 2, Number.NaN);
    expect(boundsOf(xyz, 3)).toEqual({ x0: 1, y0: 2, z0: 50, x1: 3, y1: 4, z1: 60, radius: Math.sqrt(27) });
  });

  test("between starts at one camera, ends at the other, and turns the shorter way", () => {
    const from: Camera = { x: 0, y: 0, z: 0, scale: 1, yaw: 3, pitch: 0 };
    const to: Camera = { x: 8, y: -2, z: 4, scale: 100, yaw: -3, pitch: 1 };
    expect(between(from, to, 0)).toEqual(from);
    expect(between(from, to, 1)).toEqual(to);
    expect(between(from, to, 0.5)).toMatchObject({ x: 4, z: 2, pitch: 0.5 });
    expect(between(from, to, 0.5).scale).toBeCloseTo(10, 9);
    expect(Math.abs(between(from, to, 0.5).yaw)).toBeCloseTo(Math.PI, 9);
  });
});
