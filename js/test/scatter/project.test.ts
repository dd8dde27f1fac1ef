import { expect, test } from "vitest";
import { lens, seenThrough } from "../../src/scatter/camera";
import { project } from "../../src/scatter/project";
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
