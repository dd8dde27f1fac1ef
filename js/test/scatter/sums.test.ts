import { describe, expect, test } from "vitest";
import { CELLS, clear, develop, inParts, sumsAt, sumsOf, weightsOf } from "../../src/scatter/cpu/sums";
import { seeded } from "../fakeStore";

const COLORS = Uint32Array.of(0xff000000, 0xffffffff, 0xff0a141e, 0xff00ff80);

function add(cells: Float64Array, at: number, weights: Float64Array, from: number, times: number): void {
  for (let k = 0; k < CELLS; k++) cells[at + k] = (cells[at + k] as number) + times * (weights[from + k] as number);
}

describe("sums by pixel", () => {
  test.each([
    ["a few points", 500, 1],
    ["two million on two pixels", 2_000_000, 1],
    ["two million that cover a pixel sixteen times", 2_000_000, 16],
  ])("are those of every channel added on its own: %s", (_, n, most) => {
    const random = seeded(3);
    const weights = weightsOf(COLORS);
    const sums = sumsOf(3);
    const expected = new Float64Array(12);
    inParts(sums, 0, n, most, (from, to) => {
      for (let i = from; i < to; i++) {
        const code = Math.floor(COLORS.length * random());
        const pixel = random() < 0.9 ? 2 : 0;
        add(sums.cells, CELLS * pixel, weights, CELLS * code, most);
        const color = COLORS[code] as number;
        [color & 255, (color >>> 8) & 255, (color >>> 16) & 255, 1].forEach((channel, k) => {
          expected[4 * pixel + k] = (expected[4 * pixel + k] as number) + most * channel;
        });
      }
    });
    for (const pixel of [0, 1, 2])
      expect(sumsAt(sums, pixel)).toEqual([...expected.subarray(4 * pixel, 4 * pixel + 4)]);
  });

  test("are shown in their mean colour, those of a crowded pixel too, and are gone when cleared", () => {
    const weights = weightsOf(COLORS);
    const sums = sumsOf(3);
    const pixels = new Uint32Array(3);
    inParts(sums, 0, 600_000, 1, (from, to) => {
      for (let i = from; i < to; i++) add(sums.cells, CELLS, weights, CELLS * (i % 2), 1);
    });
    for (let k = 0; k < CELLS; k++) sums.cells[k] = weights[2 * CELLS + k] as number;
    develop(sums, pixels, [255, 0, 255], (covered) => (covered === 1 ? 0.5 : 1));
    expect(Array.from(pixels, (pixel) => pixel.toString(16))).toEqual(["ff850a8f", "ff808080", "ffff00ff"]);
    clear(sums);
    develop(sums, pixels, [255, 0, 255], () => 1);
    expect(new Set(pixels)).toEqual(new Set([0xffff00ff]));
  });
});
