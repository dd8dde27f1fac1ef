import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { crowdOf, squareOf, toneFor, toneOpacity } from "../../src/scatter/crowd";
import { NOWHERE } from "../../src/scatter/permutation";
import { seeded } from "../fakeStore";

describe("how crowded points are", () => {
  const random = seeded(3);
  const square = (n: number, side: number) => Float32Array.from({ length: 2 * n }, () => side * random());

  test("evenly spread points: n per their area, whatever the unit", () => {
    for (const side of [1, 1000]) {
      const crowd = crowdOf(square(400_000, side)) * side ** 2;
      expect(crowd).toBeGreaterThan(400_000);
      expect(crowd).toBeLessThan(900_000);
    }
  });

  test("a few thousand spread points are no crowd", () => {
    for (const n of [100, 2_500, 20_000]) expect(crowdOf(square(n, 1))).toBeLessThan(2.5 * n);
  });

  test("a clump among spread points is the crowd when most points are in it", () => {
    const points = square(100_000, 1);
    for (let i = 0; i < 160_000; i++) points[i] = 0.4 + 0.1 * (points[i] as number);
    expect(crowdOf(points)).toBeGreaterThan(4e6);
  });

  test("in space: that of the sides one sees, whatever they are called; a plane counts as what it is from the front", () => {
    const n = 50_000;
    const ball = Float32Array.from({ length: 3 * n }, () => random());
    const turned = ball.map((_, i) => ball[i - (i % 3) + ((i + 1) % 3)] as number);
    expect(crowdOf(ball, 3) / crowdOf(square(n, 1))).toBeCloseTo(1, 0);
    expect(crowdOf(turned, 3)).toBeCloseTo(crowdOf(ball, 3), 5);
    const flat = square(n, 1);
    const plane = Float32Array.from({ length: 3 * n }, (_, i) =>
      i % 3 === 2 ? 7 : (flat[2 * Math.floor(i / 3) + (i % 3)] as number),
    );
    expect(crowdOf(plane, 3)).toBeCloseTo(crowdOf(flat), 5);
    expect(crowdOf(new Float32Array(30), 3)).toBe(Number.POSITIVE_INFINITY);
  });

  test("all in one place, one, none, and none with a position", () => {
    expect(crowdOf(new Float32Array(20))).toBe(Number.POSITIVE_INFINITY);
    expect(crowdOf(Float32Array.of(1, 2))).toBe(Number.POSITIVE_INFINITY);
    expect(crowdOf(new Float32Array(0))).toBe(0);
    expect(crowdOf(new Float32Array(8).fill(NOWHERE))).toBe(0);
  });
});

describe("the tone of a crowd", () => {
  test("more is never lighter, a crowd is opaque, a point alone is seen and fainter the more density is asked for", () => {
    for (const layers of [2, 10, 300, 1e5]) {
      let alone = 1;
      for (const density of [0.2, 0.5, 0.85, 1]) {
        const tone = toneFor(layers, density, 1);
        if (tone === null) throw new Error("no tone");
        let before = 0;
        for (let w = 0.1; w <= layers; w *= 1.3) {
          expect(toneOpacity(tone, w)).toBeGreaterThanOrEqual(before);
          before = toneOpacity(tone, w);
        }
        expect(toneOpacity(tone, layers)).toBeCloseTo(1);
        expect(toneOpacity(tone, 1)).toBeGreaterThanOrEqual(0.14);
        expect(toneOpacity(tone, 1)).toBeLessThanOrEqual(alone);
        alone = toneOpacity(tone, 1);
      }
    }
  });

  test("a sample of which each point stands for ten is toned as all are", () => {
    const [all, tenth] = [toneFor(100, null, 1), toneFor(100, null, 10)];
    for (const w of [1, 5, 60]) {
      expect(toneOpacity(tenth as NonNullable<typeof tenth>, w / 10)).toBeCloseTo(
        toneOpacity(all as NonNullable<typeof all>, w),
      );
    }
  });

  test("there is none by itself where points do not pile up, and never when it is turned off", () => {
    expect(toneFor(2, null, 1)).toBeNull();
    expect(toneFor(0, null, 1)).toBeNull();
    expect(toneFor(1e6, 0, 1)).toBeNull();
    expect(toneFor(1, 0.5, 1)).not.toBeNull();
    expect(toneFor(0, 1, 1)?.level).toBe(1);
  });

  test.each([0, 1])("it comes softly, in depth where more points pile up: depth %d", (depth) => {
    const few = depth === 0 ? 4 : 16;
    expect(toneFor(few - 0.1, null, 1, depth)).toBeNull();
    expect(toneFor(few, null, 1, depth)?.level).toBeCloseTo(0.9);
    expect(toneFor(few * 3, null, 1, depth)?.level).toBeGreaterThan(0.5);
    expect(toneFor(1000, null, 1, depth)?.level).toBeCloseTo(0.9 - 0.75 * 0.85);
    expect(toneFor(15, 0.5, 1, depth)).toEqual(toneFor(15, 0.5, 1));
  });

  test("on the way from a flat map into space it goes little by little", () => {
    let before = toneFor(100, null, 1, 0)?.level ?? 0;
    for (let depth = 0.05; depth <= 1; depth += 0.05) {
      const level = toneFor(100, null, 1, depth)?.level ?? 0.9;
      expect(level).toBeGreaterThanOrEqual(before);
      expect(level - before).toBeLessThan(0.05);
      before = level;
    }
  });
});

test("a small point is a square that covers as much as its disc", () => {
  for (const radius of [0.1, 0.7, 1, 1.4, 1.9]) {
    const { side, weight } = squareOf(radius) as NonNullable<ReturnType<typeof squareOf>>;
    expect(weight * side ** 2).toBeCloseTo(Math.PI * radius ** 2);
  }
  expect(squareOf(3)).toBeNull();
});

describe("tones are those of pictures drawn in Python", () => {
  interface Case {
    layers: number;
    density: number | null;
    deep: boolean;
    level: number | null;
    power: number;
  }
  const file = join(import.meta.dirname, "../../../tests/unit/tones.json");
  const cases: Case[] = JSON.parse(readFileSync(file, "utf8"));

  test.each(cases)("$layers layers, density $density, deep $deep", ({ layers, density, deep, level, power }) => {
    const tone = toneFor(layers, density, 1, Number(deep));
    if (level === null) expect(tone).toBeNull();
    else {
      expect(tone?.level).toBeCloseTo(level, 6);
      expect(tone?.power).toBeCloseTo(power, 6);
    }
  });
});
