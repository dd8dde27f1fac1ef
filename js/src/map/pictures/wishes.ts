/** Which pictures the map asks for, and how often. */

/**
 * With every question the notebook shows a busy kernel, in its tab and its bars, and draws all of the page anew: asked
 * every 100 ms, half of the frames were lost while a wheel turned.
 */
const WAIT_MS = { moving: 400, resting: 100 };

export interface Wishes {
  /** These rows are on screen, `moving` while the camera does: whether it must be called again for them to be asked for. */
  are(rows: readonly number[], now_ms: number, moving: boolean): boolean;
}

/** @param want asks for these rows in place of those before */
export function wishes(want: (rows: readonly number[]) => void): Wishes {
  let wished: readonly number[] = [];
  let wishedAt = Number.NEGATIVE_INFINITY;
  return {
    are(rows, now_ms, moving) {
      if (rows.length === wished.length && rows.every((row, i) => row === wished[i])) return false;
      if (now_ms - wishedAt < (moving ? WAIT_MS.moving : WAIT_MS.resting)) return true;
      wished = rows;
      wishedAt = now_ms;
      want(rows);
      return false;
    },
  };
}
