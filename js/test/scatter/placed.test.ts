/** Other colours for a flat map that rests, against drawing it from the start. */

import { afterEach, expect, test, vi } from "vitest";
import { cpuRaster } from "../../src/scatter/cpu/raster";
import { squareOf, toneFor } from "../../src/scatter/crowd";
import { NOWHERE } from "../../src/scatter/permutation";
import type { View } from "../../src/scatter/raster";
import { seeded } from "../fakeStore";

afterEach(() => vi.unstubAllGlobals());

const N = 4000;
const SIDE = 60;
const LUT = Uint8Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
const TONE = toneFor(20, null, 1);

const random = seeded(7);
/** Some beyond the edge on every side, some nowhere, many in one place. */
const PLACES = Float32Array.from({ length: 2 * N }, (_, i) =>
  i < 20 ? NOWHERE : i < 2000 ? 0.25 : 3 * random() - 1.5,
);
const codes = (seed: number) => {
  const any = seeded(seed);
  return Uint8Array.from({ length: N }, () => Math.floor(10 * any()));
};

function view(radius: number, also: Partial<View> = {}): View {
  const still = { x: 0.1, y: -0.05, z: 0, scale: 30, turn: null, perspective: 0, t: 1, largest: 20 };
  return {
    ...still,
    radius,
    opacity: 1,
    rim: 0,
    rimWidth: 0,
    core: 0,
    background: [250, 250, 250],
    tone: TONE,
    ...also,
  };
}

function drawing(to: Float32Array, visible: Uint32Array | null = null) {
  class Image {
    constructor(readonly data: Uint8ClampedArray) {}
  }
  vi.stubGlobal("ImageData", Image);
  let put: Uint8ClampedArray = new Uint8ClampedArray(0);
  const context = {
    putImageData({ data }: Image): void {
      put = data;
    },
  };
  const raster = cpuRaster({ getContext: () => context } as unknown as HTMLCanvasElement);
  raster.resize(SIDE, SIDE);
  raster.positions(to, null, 2);
  raster.visible(visible);
  const last = visible?.length ?? N;
  return {
    raster,
    shown(which: Uint8Array, how: View, count = last): number[] {
      raster.colors(which, LUT);
      raster.base(0, count, how);
      raster.present(count, how, 0);
      return [...new Uint32Array(put.buffer)];
    },
  };
}

const VISIBLE = Uint32Array.from({ length: N / 2 }, (_, i) => 2 * i + 1);

test.each([
  [1, 0.5, null],
  [2, 1.1, null],
  [3, 1.6, null],
  [2, 1.1, VISIBLE],
])("are the same to the last bit: squares of %i pixels", (side, radius, visible) => {
  expect(squareOf(radius)?.side).toBe(side);
  const resting = drawing(PLACES.slice(), visible);
  const before = resting.shown(codes(1), view(radius));
  resting.raster.rest();
  const after = resting.shown(codes(2), view(radius));
  expect(after).toEqual(drawing(PLACES, visible).shown(codes(2), view(radius)));
  expect(after).not.toEqual(before);
});

test("are drawn from what was prepared, until anything but colours changes", () => {
  const places = PLACES.slice();
  const { raster, shown } = drawing(places);
  const here = shown(codes(1), view(1.1));
  raster.rest();
  const shuffled = places.slice();
  places.fill(0); // not looked at again
  expect(shown(codes(1), view(1.1))).toEqual(here);
  places.set(shuffled);
  for (const other of [view(1.1, { x: 0.2 }), view(1.1, { scale: 35 }), view(0.5), view(3)]) {
    raster.rest();
    expect(shown(codes(1), other)).toEqual(drawing(places).shown(codes(1), other));
    shown(codes(1), view(1.1));
  }
  raster.rest();
  raster.visible(VISIBLE);
  expect(shown(codes(1), view(1.1), VISIBLE.length)).toEqual(drawing(places, VISIBLE).shown(codes(1), view(1.1)));
  raster.rest();
  const moved = places.map((value) => (value === NOWHERE ? value : value / 2));
  raster.positions(moved, null, 2);
  expect(shown(codes(1), view(1.1), VISIBLE.length)).toEqual(drawing(moved, VISIBLE).shown(codes(1), view(1.1)));
  raster.visible(null);
  expect(shown(codes(1), view(1.1))).toEqual(drawing(moved).shown(codes(1), view(1.1)));
});

test("of a part of the points are those of that part", () => {
  const { raster, shown } = drawing(PLACES);
  shown(codes(1), view(1.1));
  raster.rest();
  raster.base(0, N / 2, view(1.1));
  raster.base(N / 2, N, view(1.1));
  raster.present(N, view(1.1), 0);
  raster.rest();
  const whole = shown(codes(1), view(1.1));
  expect(whole).toEqual(drawing(PLACES).shown(codes(1), view(1.1)));
});
