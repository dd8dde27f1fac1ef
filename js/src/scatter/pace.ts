/** How many points to draw per frame so that frames stay short: measured, not assumed. */

export interface Pace {
  readonly points: number;
  /** Even the fewest points took many times too long, several times in a row. */
  readonly hopeless: boolean;
  /** Report that drawing `points` took `ms`. */
  spent(points: number, ms: number): void;
}

const FEWEST = 20_000;

export function pace(first: number, limit_ms: number): Pace {
  let points = first;
  let hopeless = 0;
  return {
    get points() {
      return points;
    },
    get hopeless() {
      return hopeless >= 3;
    },
    spent(drawn, ms) {
      if (drawn > 0) hopeless = points === FEWEST && ms > 10 * limit_ms ? hopeless + 1 : 0;
      if (ms > limit_ms) points = Math.max(FEWEST, Math.min(points, Math.floor((0.9 * drawn * limit_ms) / ms)));
      else if (drawn >= points && ms < 0.8 * limit_ms) points = Math.floor(points * 1.5);
    },
  };
}
