import { describe, expect, test } from "vitest";
import {
  categoricalColors,
  continuousColors,
  contrast,
  DISTINCT,
  difference,
  missingColor,
  tint,
  toLab,
} from "../src/palette";

const GROUNDS = { light: [255, 255, 255], dark: [24, 26, 30] } as const;

describe.each(["light", "dark"] as const)("%s", (theme) => {
  const colors = categoricalColors(DISTINCT, theme);

  test("the first colours do not depend on how many follow", () => {
    for (const count of [1, 3, 7, 12, 40]) expect(categoricalColors(count, theme)).toEqual(colors.slice(0, count));
    expect(categoricalColors(0, theme)).toEqual([]);
    expect(categoricalColors(2 * DISTINCT, theme).slice(DISTINCT)).toEqual(colors);
  });

  test("any two of the first 12 differ clearly, any two of all visibly, and none is taken for missing", () => {
    const labs = colors.map(toLab);
    for (const [count, least] of [
      [12, 0.07],
      [24, 0.06],
      [DISTINCT, 0.045],
    ] as const) {
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < a; b++) {
          expect(difference(labs[a] as never, labs[b] as never), `${a} and ${b}`).toBeGreaterThan(least);
        }
      }
    }
    const grey = toLab(missingColor(theme));
    for (const lab of labs) expect(difference(lab, grey)).toBeGreaterThan(0.045);
  });

  test("all are seen on the theme's ground", () => {
    for (const color of [...colors, missingColor(theme)]) {
      expect(contrast(color, GROUNDS[theme])).toBeGreaterThan(theme === "light" ? 2.1 : 2.6);
    }
  });

  test("continuous colours get lighter step by step and are whole bytes", () => {
    const steps = continuousColors(255, theme);
    expect(steps).toHaveLength(255);
    for (let i = 1; i < steps.length; i++) {
      expect(toLab(steps[i] as never)[0]).toBeGreaterThan(toLab(steps[i - 1] as never)[0] - 0.004);
    }
    for (const color of steps) for (const v of color) expect(Number.isInteger(v) && v >= 0 && v <= 255).toBe(true);
    expect(toLab(steps[254] as never)[0] - toLab(steps[0] as never)[0]).toBeGreaterThan(0.45);
  });
});

test("a category keeps its hue from one theme to the other, and stays about as strong", () => {
  const dark = categoricalColors(DISTINCT, "dark").map(tint);
  categoricalColors(DISTINCT, "light").forEach((color, c) => {
    const [own, other] = [tint(color), dark[c] as { chroma: number; hue: number }];
    const apart = Math.abs(own.hue - other.hue);
    expect(Math.min(apart, 360 - apart), `colour ${c}`).toBeLessThan(10);
    expect(Math.abs(own.chroma - other.chroma), `colour ${c}`).toBeLessThan(0.08);
  });
});

test("contrast is WCAG's: 21 for black on white, 1 for the same", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 6);
  expect(contrast([9, 99, 199], [9, 99, 199])).toBe(1);
});
