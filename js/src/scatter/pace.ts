/** How many points to draw per frame so that frames stay short: measured, not assumed. */

export interface Pace {
  readonly points: number;
  /** Whether so many are better drawn at once than a part of them first; `patience` times as long is given. */
  fits(count: number, patience?: number): boolean;
  /** Even the fewest points took many times too long, several times in a row. */
  readonly hopeless: boolean;
  /** Report that drawing all of `points`, in whatever steps, took `ms`. */
  took(points: number, ms: number): void;
  /** Report that drawing `points` took `ms`. */
  spent(points: number, ms: number): void;
}

const FEWEST = 20_000;

/** @param whole_ms all points at once may take this long */
export function pace(first: number, limit_ms: number, whole_ms = limit_ms): Pace {
  let points = first;
  let hopeless = 0;
  /** Per point, when all were drawn last; not known at first. */
  let each_ms = Number.POSITIVE_INFINITY;
  return {
    get points() {
      return points;
    },
    fits: (count, patience = 1) => count <= points || count * each_ms <= patience * whole_ms,
    took(count, ms) {
      each_ms = ms / Math.max(1, count);
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
