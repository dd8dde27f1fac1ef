import { expect, test } from "vitest";
import { lens, seenThrough } from "../../src/scatter/camera";
import { project, projecting } from "../../src/scatter/project";
import { seeded } from "../fakeStore";

test("all positions at once are seen where each is seen alone", () => {
  const random = seeded(8);
  const size = { width: 300, height: 200 };
  let behind = 0;
  for (const dims of [2, 3]) {
    const xy = Float32Array.from({ length: 300 * dims }, () => 20 * random() - 10);
    xy[4 * dims] = Number.NaN;
    const through = lens({ x: 1, y: -2, z: 3, scale: 90, yaw: 0.7, pitch: -0.4 }, size);
    const { places, depths } = project(xy, dims, through);
    for (let row = 0; row < 300; row++) {
      const z = dims === 3 ? (xy[row * dims + 2] as number) : 0;
      const alone = seenThrough(through, xy[row * dims] as number, xy[row * dims + 1] as number, z).slice(0, 3);
      expect(Array.from([places[2 * row], places[2 * row + 1], depths[row]])).toEqual(alone.map(Math.fround));
      if (Number.isNaN(alone[0])) behind++;
    }
  }
  expect(behind).toBeGreaterThan(10);
});

test("in parts it is the same, and the last part says so", () => {
  const random = seeded(9);
  const xy = Float32Array.from({ length: 3000 }, () => 4 * random() - 2);
  const through = lens({ x: 0, y: 0, z: 0, scale: 60, yaw: 0.4, pitch: 0.2 }, { width: 300, height: 200 });
  const parts = projecting(xy, 3, through);
  const said = [parts.go(300), parts.go(699), parts.go(1), parts.go(5)];
  expect(said).toEqual([false, false, true, true]);
  expect(parts.seen).toEqual(project(xy, 3, through));
});
