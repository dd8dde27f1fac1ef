/** Which pictures the map asks for, and how often. */

/**
 * With every question the notebook shows a busy kernel, in its tab and its bars, and draws all of the page anew, twice:
 * 0.1 s of two cores each time where the browser draws by software. Asked every 0.4 s there, a turning wheel lost an
 * eighth of its frames.
 */
const WAIT_MS = { still: 100, moving: 400, laboured: 2000 };

/** What the camera does while pictures are looked for: rests, moves, or moves where every frame is the processor's work. */
export type Movement = keyof typeof WAIT_MS;

export interface Wishes {
  /** These rows are on screen: whether it must be called again for them to be asked for. */
  are(rows: readonly number[], now_ms: number, movement: Movement): boolean;
}

/** @param want asks for these rows in place of those before */
export function wishes(want: (rows: readonly number[]) => void): Wishes {
  let wished: readonly number[] = [];
  let wishedAt = Number.NEGATIVE_INFINITY;
  return {
    are(rows, now_ms, movement) {
      if (rows.length === wished.length && rows.every((row, i) => row === wished[i])) return false;
      if (now_ms - wishedAt < WAIT_MS[movement]) return true;
      wished = rows;
      wishedAt = now_ms;
      want(rows);
      return false;
    },
  };
}
