/** How points look by default: the more there are, the smaller and the more transparent. */

/** Diameter in CSS pixels; opacity and rim (a hairline in the background's colour that parts neighbours) in 0…1. */
export interface Look {
  readonly size_px: number;
  readonly opacity: number;
  readonly rim: number;
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** @param n points with a position; @param zoom how many times closer than the fitted view, at least 0 */
export function lookOf(n: number, zoom: number): Look {
  const crowd = Math.log10(Math.max(n, 1) / 1000);
  const closer = Math.max(1, zoom);
  const fitted = clamp(5.6 * 10 ** (-0.2 * crowd), 1.4, 6.5);
  const size_px = clamp(fitted * closer ** 0.3, 1.4, Math.max(fitted, 9));
  const opacity = clamp(0.88 - 0.16 * crowd + 0.2 * Math.log10(closer), 0.3, 0.92);
  const rim = clamp((size_px - 3) / 2, 0, 1) * 0.7;
  return { size_px, opacity, rim };
}
