/** How many points to draw per frame so that frames stay short: measured, not assumed. */

export interface Pace {
  readonly points: number;
  /** Report that drawing `points` took `ms`. */
  spent(points: number, ms: number): void;
}

const FEWEST = 20_000;

export function pace(first: number, limit_ms: number): Pace {
  let points = first;
  return {
    get points() {
      return points;
    },
    spent(drawn, ms) {
      if (ms > limit_ms) points = Math.max(FEWEST, Math.min(points, Math.floor((0.9 * drawn * limit_ms) / ms)));
      else if (drawn >= points && ms < 0.8 * limit_ms) points = Math.floor(points * 1.5);
    },
  };
}
