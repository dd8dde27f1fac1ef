/** How points look by default: the more there are, the smaller and the more transparent. */

/**
 * Diameter in CSS pixels; opacity and rim (a hairline in the background's colour that parts neighbours) in 0…1.
 *
 * density: how much crowds stand out from points that are alone, 0…1; 0 draws points as they are, null = where there are crowds.
 */
export interface Look {
  readonly size_px: number;
  readonly opacity: number;
  readonly rim: number;
  readonly density: number | null;
}

/** Points of this size show whether they are tagged: smaller ones have no room for it. */
export const RINGED_PX = 4;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** What is behind a point in depth shows through it no more than this leaves. */
const DEEP_OPACITY = 0.85;

/** How much of a pane a map's points usually spread over. */
const SPREAD = 0.3;

/**
 * @param n points with a position
 * @param pane_px2 area of the pane, in CSS pixels
 * @param zoom how many times closer than the fitted view
 * @param dims of the layout: points in depth are opaque, what is in front hides what is behind
 */
export function lookOf(n: number, pane_px2: number, zoom: number, dims = 2): Look {
  const closer = Math.max(1, zoom);
  const fitted = clamp(5.6 * (Math.max(n, 1) / 1000) ** -0.2, 1.4, 6.5);
  const size_px = fitted * clamp(closer ** 0.3, 1, Math.max(1, 9 / fitted));
  const layers = (n * size_px ** 2) / (SPREAD * Math.max(pane_px2, 1) * closer ** 2);
  const opacity = clamp(0.85 * layers ** -0.45, dims === 3 ? DEEP_OPACITY : 0.16, 0.92);
  return { size_px, opacity, rim: rimOf(size_px), density: null };
}

/** What people chose instead; null leaves what is. Points of a chosen opacity have it, crowds or not, unless density is chosen too. */
export interface Chosen {
  readonly size_px: number | null;
  readonly opacity: number | null;
  readonly density: number | null;
}

export function lookWith(look: Look, { size_px, opacity, density }: Chosen): Look {
  return {
    size_px: size_px ?? look.size_px,
    opacity: opacity ?? look.opacity,
    rim: size_px === null ? look.rim : rimOf(size_px),
    density: density ?? (opacity === null ? look.density : 0),
  };
}

function rimOf(size_px: number): number {
  return clamp((size_px - 3) / 2, 0, 1) * 0.7;
}
