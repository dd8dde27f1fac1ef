/** What covers pictures by the CPU, against looking at every point on its own. */

import { afterEach, expect, test, vi } from "vitest";
import { cpuRaster } from "../../src/scatter/cpu/raster";
import type { Box, Cover } from "../../src/scatter/pictures";
import { depthAt, type Raster, type View } from "../../src/scatter/raster";
import { seeded } from "../fakeStore";

afterEach(() => vi.unstubAllGlobals());

const SIDE = 200;
const SCALE = 60;

/** A canvas that keeps what is put on it: RGBA bytes of the picture, without its pad. */
function kept() {
  const canvas = { width: 0, height: 0, pixels: new Uint8ClampedArray(0), getContext: () => context };
  const context = {
    canvas,
    putImageData({ data, width }: { data: Uint8ClampedArray; width: number }, left: number, top: number): void {
      canvas.pixels = new Uint8ClampedArray(4 * canvas.width * canvas.height);
      for (let y = 0; y < canvas.height; y++) {
        const from = 4 * ((y - top) * width - left);
        canvas.pixels.set(data.subarray(from, from + 4 * canvas.width), 4 * y * canvas.width);
      }
    },
  };
  return canvas;
}

const coverOf = (raster: Raster) => (raster.cover() as Cover).image as unknown as ReturnType<typeof kept>;

function begun(n: number, seed: number) {
  class Image {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
    ) {}
  }
  vi.stubGlobal("ImageData", Image);
  vi.stubGlobal("OffscreenCanvas", function made() {
    return kept();
  });
  const random = seeded(seed);
  const xyz = Float32Array.from({ length: 3 * n }, () => 3 * random() - 1.5);
  const raster = cpuRaster(kept() as unknown as HTMLCanvasElement);
  raster.resize(SIDE, SIDE);
  raster.positions(xyz, null, 3);
  raster.colors(new Uint8Array(n), new Uint8Array([10, 120, 240, 255]));
  const view: View = {
    ...{
      x: 0,
      y: 0,
      z: 0,
      scale: SCALE,
      turn: null,
      perspective: 0.2,
      t: 1,
      radius: 2,
      largest: 20,
      opacity: 1,
      rim: 0,
    },
    ...{ rimWidth: 0, core: 0, background: [255, 255, 255], tone: null },
  };
  return { raster, xyz, view, random };
}

test("is each point that is nearer than the picture on top there, in its colour, and nothing else", () => {
  const { raster, xyz, view, random } = begun(300, 1);
  const boxes: Box[] = Array.from({ length: 6 }, (_, i) => ({
    ...{ left: Math.floor(160 * random()) - 20, top: Math.floor(160 * random()) - 20, width: 60, height: 40 },
    depth: 0.25 - 0.1 * i,
  }));
  raster.boxes(boxes);
  raster.base(0, 300, view);
  expect(raster.present(300, view, 0)).toBe(true);
  const { pixels } = coverOf(raster);
  let seen = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const box = boxes.findLast((one) => x >= one.left && x < one.left + 60 && y >= one.top && y < one.top + 40);
      /** How far inside the nearest disc before the picture the pixel's middle is, and outside of all of them. */
      let inside = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < xyz.length && box !== undefined; i += 3) {
        const [px, py, pz] = xyz.subarray(i, i + 3) as unknown as [number, number, number];
        const w = 1 - view.perspective * pz;
        if (depthAt((pz * SCALE) / SIDE) > box.depth) continue;
        const off = Math.hypot(SIDE / 2 + (px * SCALE) / w - x - 0.5, SIDE / 2 - (py * SCALE) / w - y - 0.5);
        inside = Math.max(inside, view.radius / w - off);
      }
      const [r, g, b, alpha] = pixels.subarray(4 * (y * SIDE + x)) as unknown as [number, number, number, number];
      if (inside > 0.8) expect([r, g, b, alpha], `${x} ${y}`).toEqual([10, 120, 240, 255]);
      else if (inside < -0.5) expect(alpha, `${x} ${y}`).toBe(0);
      if (inside > 0.8) seen++;
    }
  }
  expect(seen).toBeGreaterThan(100);
});

test("of very many points is looked for in steps, anew when something changed, and of the lit ones alone where some are", () => {
  const n = 250_000;
  const { raster, xyz, view } = begun(n, 2);
  xyz.fill(-3);
  xyz.set([0, 0, 1], 3 * (n - 1));
  raster.boxes([{ left: 0, top: 0, width: SIDE, height: SIDE, depth: 0 }]);
  raster.base(0, n, view);
  const steps = () => {
    const said = [raster.present(n, view, 0)];
    while (!said.at(-1)) {
      expect(raster.cover()).toBe(null);
      said.push(raster.present(n, view, 0));
    }
    return said.length;
  };
  const covered = () => coverOf(raster).pixels[4 * (100 * SIDE + 100) + 3];
  expect(steps()).toBe(3);
  expect(covered()).toBe(255);
  expect(steps(), "shown again").toBe(1);
  expect(covered()).toBe(255);
  raster.base(0, n, view);
  expect(steps()).toBe(3);
  raster.lit(Uint32Array.of(5));
  expect(raster.present(n, view, 0.8)).toBe(true);
  expect(covered()).toBe(0);
  raster.base(0, n, { ...view, tone: { gain: 1, level: 0.5, power: 0.5 } });
  expect(raster.present(n, view, 0)).toBe(true);
  expect(raster.cover(), "what is toned is in front of nothing").toBe(null);
});
