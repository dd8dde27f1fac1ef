/** Pictures come and go softly: how much of each is there at a moment. */

export interface Fade {
  /** These rows are to be seen, all others are to go. */
  aim(rows: Iterable<number>): void;
  /** Let `ms` pass; true while anything still changes. Rows that are gone are forgotten. */
  pass(ms: number, isReady: (row: number) => boolean): boolean;
  /** 0…1 of each row that is there at all. */
  readonly there: ReadonlyMap<number, number>;
  has(row: number): boolean;
  clear(): void;
}

export const FADE_MS = 140;

/** @param motion milliseconds a movement may take: 0 for who wants none */
export function fade(motion: (ms: number) => number): Fade {
  const there = new Map<number, number>();
  let wanted = new Set<number>();
  return {
    there,
    has: (row) => wanted.has(row),
    aim(rows) {
      wanted = new Set(rows);
      for (const row of wanted) if (!there.has(row)) there.set(row, 0);
    },
    pass(ms, isReady) {
      const length = motion(FADE_MS);
      const step = length > 0 ? ms / length : 1;
      let moves = false;
      for (const [row, share] of there) {
        const isComing = wanted.has(row);
        if (isComing && !isReady(row)) continue;
        const next = Math.min(1, Math.max(0, share + (isComing ? step : -step)));
        if (next === 0 && !isComing) there.delete(row);
        else if (next !== share) there.set(row, next);
        if (next !== (isComing ? 1 : 0)) moves = true;
      }
      return moves;
    },
    clear() {
      there.clear();
      wanted.clear();
    },
  };
}
