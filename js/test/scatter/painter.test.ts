/** What is drawn in how many steps, by a rasteriser that only notes what it was told. */

import { expect, test } from "vitest";
import { TURNED } from "../../src/scatter/camera";
import type { Pace } from "../../src/scatter/pace";
import { painter } from "../../src/scatter/painter";
import type { Raster } from "../../src/scatter/raster";
import { emptyState } from "../../src/scatter/state";

const N = 1000;

const STEPS = [0.7548776662, 0.569840291, 0.8191725134];
/** Points spread evenly in the unit square or cube. */
const spread = (dims: 2 | 3) =>
  Float32Array.from({ length: dims * N }, (_, i) => (Math.floor(i / dims) * (STEPS[i % dims] as number)) % 1);

/** @param whole how many points are drawn at once */
function noted(points: number, whole: number, dims: 2 | 3 = 2) {
  const bases: string[] = [];
  const levels: number[] = [];
  const nothing = () => undefined;
  const raster: Raster = {
    kind: "cpu",
    resize: nothing,
    positions: nothing,
    colors: nothing,
    tagged: nothing,
    visible: nothing,
    lit: nothing,
    pictures: nothing,
    boxes: nothing,
    cover: () => null,
    base(first, last, { tone, opacity }) {
      bases.push(`${first}-${last}`);
      levels.push(tone?.level ?? opacity);
    },
    present: () => true,
    rest: () => undefined,
    busy: () => false,
    measured: () => null,
    dispose: nothing,
  };
  const frames: Pace = {
    points,
    hopeless: false,
    fits: (count, patience = 1) => count <= patience * whole,
    took: nothing,
    spent: nothing,
  };
  const paint = painter(raster, frames);
  const camera = { ...emptyState().camera, ...(dims === 3 ? TURNED : {}) };
  const xy = spread(dims);
  paint.set({ width: 100, height: 100, camera, positions: { xy, dims }, glide_ms: 0 });
  /** The steps until there is nothing to do, and what they drew. */
  function steps(): { steps: string[]; drawn: string } {
    const steps: string[] = [];
    bases.length = 0;
    do steps.push(paint.draw(0));
    while (steps.at(-1) !== "resting");
    return { steps, drawn: bases.join(" ") };
  }
  return { paint, steps, camera, levels };
}

test("too many points for a frame: a sample is shown, then all", () => {
  const { steps } = noted(400, 999);
  expect(steps()).toEqual({
    steps: ["part", "working", "working", "whole", "resting"],
    drawn: "0-400 0-400 400-800 800-1000",
  });
});

test("all are drawn at once where that takes little longer: after a new colour, and while a flat map moves", () => {
  const { paint, steps, camera } = noted(400, N);
  const whole = { steps: ["whole", "resting"], drawn: "0-1000" };
  expect(steps()).toEqual(whole);
  paint.set({ colors: { codes: new Uint8Array(N), lut: new Uint8Array(4) } });
  expect(steps()).toEqual(whole);
  paint.set({ camera: { ...camera, x: 1 } });
  expect(steps()).toEqual(whole);
});

test("for other colours alone one waits longer for all, as nothing moves meanwhile", () => {
  const { paint, steps, camera } = noted(200, N / 2);
  expect(steps().steps[0]).toBe("part");
  const colors = () => ({ colors: { codes: new Uint8Array(N), lut: new Uint8Array(4) } });
  paint.set(colors());
  expect(steps()).toEqual({ steps: ["whole", "resting"], drawn: "0-1000" });
  paint.set({ ...colors(), camera: { ...camera, x: 1 } });
  expect(steps().steps[0]).toBe("part");
});

test("a map in space that is turned shows samples, as the page cannot turn the last picture; a new colour there all at once", () => {
  const { paint, steps, camera } = noted(400, N, 3);
  steps();
  paint.set({ camera: { ...camera, yaw: 1 } });
  expect(steps().steps[0]).toBe("part");
  paint.set({ colors: { codes: new Uint8Array(N), lut: new Uint8Array(4) } });
  expect(steps().steps).toEqual(["whole", "resting"]);
});

test("a GPU is paced by its own clock; by the frames it was late where it was, or has no clock", () => {
  const spent: [number, number][] = [];
  let measured: { points: number; ms: number }[] | null = [];
  let busy = false;
  const nothing = () => undefined;
  const raster: Raster = {
    ...{ resize: nothing, positions: nothing, colors: nothing, visible: nothing, lit: nothing, pictures: nothing },
    ...{ boxes: nothing, cover: () => null, kind: "gpu", base: nothing, present: () => true, dispose: nothing },
    tagged: nothing,
    rest: nothing,
    busy: () => busy,
    measured: () => measured,
  };
  const spend = (points: number, ms: number) => void spent.push([points, ms]);
  const paint = painter(raster, { points: 400, hopeless: false, fits: () => false, took: nothing, spent: spend });
  const xy = Float32Array.from({ length: 2 * N }, (_, i) => Math.sin(i));
  paint.set({ width: 100, height: 100, positions: { xy, dims: 2 }, glide_ms: 0 });
  paint.draw(0);
  expect(spent).toEqual([]); // nothing is known yet: no leave to draw more
  measured = [{ points: 400, ms: 66 }];
  paint.draw(16);
  expect(spent).toEqual([[400, 66]]);
  busy = true;
  paint.draw(32);
  busy = false;
  paint.draw(48);
  expect(spent.at(-1)).toEqual([400, 16]);
  measured = null;
  paint.draw(64);
  expect(spent.at(-1)).toEqual([400, 0]);
});

test.each([
  [3, 2],
  [2, 3],
] as const)("from %d dimensions to %d a lone point changes little by little", (before, after) => {
  const { paint, steps, levels } = noted(N, N, before);
  paint.set({ look: { size_px: 0.2, opacity: 0.9, rim: 0, density: null } });
  steps();
  paint.set({ positions: { xy: spread(after), dims: after }, glide_ms: 100 });
  for (let ms = 0; ms <= 200; ms += 2) paint.draw(ms);
  const jumps = levels.slice(1).map((level, i) => Math.abs(level - (levels[i] as number)));
  expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(0.2);
  expect(Math.max(...jumps)).toBeLessThan(0.1);
});
