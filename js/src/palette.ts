/** Colours of the points: categorical and continuous, tuned for light and dark backgrounds. */

export type Rgb = readonly [number, number, number];
export type Theme = "light" | "dark";
type Lab = readonly [number, number, number];

/**
 * Okabe & Ito's colours without black (jfly.uni-koeln.de/color), each shifted only as far as its theme needs to be seen
 * and, where that brought two together for the colour-blind, these to be told apart.
 */
const OKABE_ITO: Record<Theme, readonly string[]> = {
  light: ["#016eb3", "#d98701", "#119c6d", "#d95706", "#4aa5dc", "#c06d9e", "#ccaf01"],
  dark: ["#5296e4", "#efaa31", "#06bf89", "#ee7a3a", "#83cdf5", "#d094bc", "#f0e442"],
};

const MISSING: Record<Theme, Rgb> = { light: [168, 172, 178], dark: [108, 112, 120] };

/** Lightness and chroma (OKLab) that further categories are chosen from. */
const RANGE: Record<Theme, { lightness: readonly number[]; chroma: readonly number[] }> = {
  light: { lightness: [0.4, 0.5, 0.6, 0.7], chroma: [0.06, 0.11, 0.17, 0.22] },
  dark: {
    lightness: [0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9],
    chroma: [0.06, 0.085, 0.11, 0.135, 0.16, 0.185, 0.21, 0.23],
  },
};
/** How far a dark theme's colour may be less apart from the others, for each step of chroma it is nearer to the light one's. */
const SAME_CHROMA = 0.3;
const HUES = Array.from({ length: 30 }, (_, step) => 12 * step);

/** Dark blue over green to yellow in even steps of lightness, as OKLab lightness, chroma and hue. */
const RAMP: Record<Theme, readonly (readonly [number, number, number])[]> = {
  light: [
    [0.3, 0.13, 310],
    [0.4, 0.13, 283],
    [0.5, 0.1, 245],
    [0.59, 0.095, 198],
    [0.68, 0.13, 162],
    [0.77, 0.165, 132],
    [0.86, 0.175, 104],
  ],
  dark: [
    [0.42, 0.17, 308],
    [0.5, 0.15, 283],
    [0.58, 0.11, 248],
    [0.66, 0.1, 200],
    [0.75, 0.14, 162],
    [0.84, 0.18, 130],
    [0.93, 0.175, 106],
  ],
};

/** A colour of sRGB (0…255) as OKLab; formula from bottosson.github.io/posts/oklab. */
export function toLab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [red, green, blue].map((v) => linear(v / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** OKLab as sRGB, 0…255, not rounded; outside that range when the screen cannot show it. */
function fromLab([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    255 * gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    255 * gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    255 * gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const gamma = (v: number) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
const polar = (lightness: number, chroma: number, degrees: number): Lab => {
  const hue = (degrees * Math.PI) / 180;
  return [lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)];
};
/** A colour written #rrggbb. */
export const parsed = (hex: string): Rgb =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
const rounded = (color: Rgb): Rgb => color.map((v) => Math.round(Math.min(255, Math.max(0, v)))) as unknown as Rgb;

/** Chroma and hue in OKLab, the hue in degrees from -180 to 180. */
export function tint(color: Rgb): { chroma: number; hue: number } {
  const [, a, b] = toLab(color);
  return { chroma: Math.hypot(a, b), hue: (Math.atan2(b, a) * 180) / Math.PI };
}

/** Distance in OKLab, lightness counted half: two dots of one hue and two shades are easily taken for one colour. */
export function difference(a: Lab, b: Lab): number {
  return Math.sqrt(0.49 * (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2);
}

/** WCAG contrast of two colours, 1…21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [bright, dim] = [a, b]
    .map(([r, g, bl]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(bl / 255) + 0.05)
    .sort((p, q) => q - p) as [number, number];
  return bright / dim;
}

/** How many categories get a colour of their own; further ones begin again. */
export const DISTINCT = 48;

/** The colour of rows without a value. */
export function missingColor(theme: Theme): Rgb {
  return MISSING[theme];
}

/**
 * Colours of `count` categories. The first ones never depend on how many follow, so colours stay when categories come.
 *
 * Okabe–Ito first; then, of all colours in the light theme's range, always the one farthest from those taken and from
 * grey. In the dark theme a category keeps the hue it has in the light one, and about its chroma.
 */
export function categoricalColors(count: number, theme: Theme): Rgb[] {
  const colors = distinct(theme);
  return Array.from({ length: count }, (_, c) => colors[c % colors.length] as Rgb);
}

const kept: Partial<Record<Theme, readonly Rgb[]>> = {};

function distinct(theme: Theme): readonly Rgb[] {
  kept[theme] ??= theme === "light" ? ofAnyHue() : ofTheirHues(distinct("light"));
  return kept[theme];
}

interface Candidate {
  readonly color: Rgb;
  readonly lab: Lab;
  /** By how much it has to be farther from the others than one without. */
  readonly handicap: number;
}

function ofAnyHue(): readonly Rgb[] {
  const all = candidates("light", HUES, () => 0);
  return farthest("light", () => all);
}

function ofTheirHues(light: readonly Rgb[]): readonly Rgb[] {
  return farthest("dark", (place) => {
    const own = tint(light[place] as Rgb);
    return candidates("dark", [own.hue], (chroma) => SAME_CHROMA * Math.abs(chroma - own.chroma));
  });
}

/** The colours of these hues that the screen can show within the theme's range. */
function candidates(theme: Theme, hues: readonly number[], handicap: (chroma: number) => number): Candidate[] {
  const found: Candidate[] = [];
  for (const lightness of RANGE[theme].lightness) {
    for (const chroma of RANGE[theme].chroma) {
      for (const hue of hues) {
        const lab = polar(lightness, chroma, hue);
        const color = fromLab(lab);
        if (color.every((v) => v >= 0 && v <= 255)) {
          found.push({ color: rounded(color), lab, handicap: handicap(chroma) });
        }
      }
    }
  }
  return found;
}

/** The colours of one theme; each further one is the farthest from those before of what is `offered` for its place. */
function farthest(theme: Theme, offered: (place: number) => readonly Candidate[]): readonly Rgb[] {
  const colors = OKABE_ITO[theme].map(parsed);
  const taken = [MISSING[theme], ...colors].map(toLab);
  while (colors.length < DISTINCT) {
    const { color } = offered(colors.length)
      .map(({ color, lab, handicap }) => ({
        color,
        far: Math.min(...taken.map((one) => difference(one, lab))) - handicap,
      }))
      .reduce((a, b) => (b.far > a.far ? b : a));
    colors.push(color);
    taken.push(toLab(color));
  }
  return colors;
}

/** `steps` colours from low to high, evenly spaced in lightness. */
export function continuousColors(steps: number, theme: Theme): Rgb[] {
  const stops = RAMP[theme].map(([lightness, chroma, hue]) => polar(lightness, chroma, hue));
  return Array.from({ length: steps }, (_, i) => {
    const at = (i / Math.max(1, steps - 1)) * (stops.length - 1);
    const low = stops[Math.min(Math.floor(at), stops.length - 2)] as Lab;
    const high = stops[Math.min(Math.floor(at) + 1, stops.length - 1)] as Lab;
    const share = at - Math.min(Math.floor(at), stops.length - 2);
    return rounded(fromLab(low.map((v, c) => v + ((high[c] as number) - v) * share) as unknown as Lab));
  });
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** #rrggbb, as fields for colours take it. */
export function hex(color: Rgb): string {
  return `#${color.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

/** How many steps a continuous colour has, here and in the kernel's pictures. */
export const STEPS = 255;

/** All colours of both themes, as the kernel draws with them; `colors.mjs` writes them there. */
export function coloursForKernel(): Record<Theme, Record<"missing" | "categories" | "steps", unknown>> {
  const of = (theme: Theme) => ({
    missing: missingColor(theme),
    categories: categoricalColors(DISTINCT, theme),
    steps: continuousColors(STEPS, theme),
  });
  return { light: of("light"), dark: of("dark") };
}
