import { describe, expect, test } from "vitest";
import {
  categoricalColors,
  continuousColors,
  contrast,
  DISTINCT,
  difference,
  missingColor,
  parsed,
  type Rgb,
  tint,
  toLab,
} from "../src/palette";

/** Okabe & Ito's own colours (jfly.uni-koeln.de/color), without black. */
const OKABE_ITO = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442"].map(parsed);

/**
 * What a colour-blind eye sees of linear RGB: Machado, Oliveira & Fernandes, A Physiologically-based Model for Simulation
 * of Color Vision Deficiency (2009, doi.org/10.1109/TVCG.2009.113), severity 1.0.
 */
const BLIND = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const;
type Blindness = keyof typeof BLIND;

/** The colour that looks to everyone as `color` does to the colour-blind; not rounded. */
function seenBy(blindness: Blindness, color: Rgb): Rgb {
  const linear = color.map((v) => (v <= 10.31475 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return BLIND[blindness].map((line) => {
    const sum = line.reduce((all, share, c) => all + share * (linear[c] as number), 0);
    const v = Math.min(1, Math.max(0, sum));
    return 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  }) as unknown as Rgb;
}

/** The smallest distance in OKLab of any two, and which they are. */
function nearestTwo(colors: readonly Rgb[]): { apart: number; which: string } {
  const labs = colors.map(toLab);
  const pairs = labs.flatMap(([l, a, b], i) =>
    labs.slice(0, i).map((o, j) => ({ apart: Math.hypot(l - o[0], a - o[1], b - o[2]), which: `${j} and ${i}` })),
  );
  return pairs.reduce((least, pair) => (pair.apart < least.apart ? pair : least));
}

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

describe.each(["protanopia", "deuteranopia", "tritanopia"] as const)("with %s", (blindness) => {
  test("greys stay what they are, and red and green are told apart only where they are", () => {
    for (const grey of [255, 120, 0])
      for (const v of seenBy(blindness, [grey, grey, grey])) expect(v).toBeCloseTo(grey, 1);
    // two that differ in what red and green cones alone tell apart
    const { apart } = nearestTwo([seenBy(blindness, [180, 100, 60]), seenBy(blindness, [128, 128, 60])]);
    if (blindness === "tritanopia") expect(apart).toBeGreaterThan(0.1);
    else expect(apart).toBeLessThan(0.07);
  });

  test.each(["light", "dark"] as const)("%s: no two of the first 7 are much nearer than Okabe & Ito's are", (theme) => {
    const own = nearestTwo(categoricalColors(7, theme).map((color) => seenBy(blindness, color)));
    const theirs = nearestTwo(OKABE_ITO.map((color) => seenBy(blindness, color)));
    expect(theirs.apart).toBeGreaterThan(0.07);
    expect(own.apart, own.which).toBeGreaterThan(0.8 * theirs.apart);
  });

  test.each(["light", "dark"] as const)("%s: continuous colours get lighter step by step", (theme) => {
    const lightness = continuousColors(255, theme).map((color) => toLab(seenBy(blindness, color))[0]);
    for (let i = 1; i < lightness.length; i++) {
      expect(lightness[i], `step ${i}`).toBeGreaterThan((lightness[i - 1] as number) - 0.004);
    }
    for (let i = 16; i < lightness.length; i++) {
      expect(lightness[i], `step ${i}`).toBeGreaterThan((lightness[i - 16] as number) + 0.01);
    }
    expect((lightness[254] as number) - (lightness[0] as number)).toBeGreaterThan(0.4);
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
