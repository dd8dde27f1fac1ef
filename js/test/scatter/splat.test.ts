import { describe, expect, test } from "vitest";
import { discDeep, PHASES, type Style, splat, splatDeep, sprites } from "../../src/scatter/cpu/sprites";
import { THIN } from "../../src/scatter/raster";

const SIDE = 32;
const look = (partial: Partial<Style>): Style => ({
  radius: 4,
  opacity: 1,
  rim: 0,
  rimWidth: 1,
  background: [255, 255, 255],
  ...partial,
});

/** One point drawn into the middle of a picture of one grey; the picture's channel 0…2, row by row. */
function drawn(view: Style, ground: number, color: number, phase = (PHASES / 2) * PHASES + PHASES / 2): number[][] {
  const image = new Uint32Array(SIDE * SIDE).fill((0xff000000 | (ground * 0x010101)) >>> 0);
  splat(image, (SIDE / 2) * SIDE + SIDE / 2, color, sprites(view, SIDE), phase);
  return [0, 8, 16].map((shift) => Array.from(image, (pixel) => (pixel >>> shift) & 255));
}

describe("a splatted point", () => {
  test("is of its colour in the middle and leaves the ground alone outside", () => {
    const [red, green, blue] = drawn(look({}), 200, 0x0a141e) as [number[], number[], number[]];
    const middle = (SIDE / 2) * SIDE + SIDE / 2;
    expect([red[middle], green[middle], blue[middle]]).toEqual([0x1e, 0x14, 0x0a]);
    expect([red[0], green[0], blue[0]]).toEqual([200, 200, 200]);
  });

  test("covers the area of its disc, wherever between the pixels it stands", () => {
    for (const radius of [0.7, 1.5, 3, 6]) {
      for (let phase = 0; phase < PHASES * PHASES; phase += 9) {
        const [red] = drawn(look({ radius }), 0, 0x0000ff, phase) as [number[]];
        const area = red.reduce((sum, v) => sum + v, 0) / 255;
        expect(Math.abs(area - Math.PI * radius ** 2)).toBeLessThan(0.12 * Math.PI * radius ** 2 + 0.3);
      }
    }
  });

  test("blends by its opacity, to the nearest of 256 steps", () => {
    const middle = (SIDE / 2) * SIDE + SIDE / 2;
    for (const opacity of [0.1, 0.35, 0.5, 0.9]) {
      for (const ground of [0, 77, 255]) {
        const [red] = drawn(look({ opacity }), ground, 0x000064) as [number[]];
        expect(Math.abs((red[middle] as number) - (ground * (1 - opacity) + 100 * opacity))).toBeLessThan(1.5);
      }
    }
  });

  test("has a rim of the background's colour", () => {
    const [red] = drawn(look({ radius: 4, rim: 1, rimWidth: 2 }), 0, 0x000000) as [number[]];
    const middle = (SIDE / 2) * SIDE + SIDE / 2;
    expect(red[middle]).toBe(0);
    expect(red[middle + 5]).toBeGreaterThan(250);
    expect(red[middle + 8]).toBe(0);
  });
});

describe("a disc in depth that nothing was prepared for", () => {
  const pad = 16;
  const blank = () => {
    const stride = SIDE + 2 * pad;
    const pixels = new Uint32Array(stride * stride).fill(0xff404040);
    return {
      picture: { pixels, width: SIDE, height: SIDE, stride, pad },
      depths: new Float32Array(stride ** 2).fill(1),
    };
  };
  const channels = (pixels: Uint32Array) =>
    Array.from(pixels).flatMap((pixel) => [0, 8, 16].map((shift) => (pixel >>> shift) & 255));

  test.each([0, 0.5])("looks like one that was, and hides and is hidden by the same: %f of it open", (core) => {
    for (const [x, y] of [
      [16, 16],
      [10.3, 20.9],
      [15.99, 16.4],
    ] as const) {
      const style = look({ radius: 7.5, opacity: 0.8, rim: 0.7, rimWidth: 2, background: [250, 240, 30] });
      const [a, b] = [blank(), blank()];
      for (const { depths } of [a, b]) depths.fill(-0.5, 0, 30 * (SIDE + 2 * pad));
      const phase = (Math.floor(y * PHASES) % PHASES) * PHASES + (Math.floor(x * PHASES) % PHASES);
      const at = Math.floor(y + pad) * a.picture.stride + Math.floor(x + pad);
      splatDeep(a.picture.pixels, a.depths, at, 0.1, 0x204080, sprites(style, a.picture.stride, THIN, core), phase);
      discDeep(b.picture, b.depths, x, y, style.radius, 0.1, 0x204080, style, core);
      const [wanted, got] = [channels(a.picture.pixels), channels(b.picture.pixels)];
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] as number))))).toBeLessThan(3);
      expect(wanted).not.toEqual(channels(blank().picture.pixels));
      expect(b.depths).toEqual(a.depths);
    }
  });

  test("is cut at the edges of the picture", () => {
    const { picture, depths } = blank();
    for (const [x, y] of [
      [-9, 16],
      [16, SIDE + 9],
      [-500, Number.NaN],
    ] as const)
      discDeep(picture, depths, x, y, 12, 0, 0, look({}), 0);
    const inside = (i: number) => {
      const [x, y] = [(i % picture.stride) - pad, Math.floor(i / picture.stride) - pad];
      return x >= 0 && x < SIDE && y >= 0 && y < SIDE;
    };
    const changed = Array.from(picture.pixels.keys()).filter((i) => picture.pixels[i] !== 0xff404040);
    expect(changed.length).toBeGreaterThan(60);
    expect(changed.every(inside)).toBe(true);
    expect(changed.filter((i) => (i % picture.stride) - pad === SIDE - 1)).toEqual([]);
  });
});
