/**
 * How long the GPU itself worked on points, where pages may read its clock (EXT_disjoint_timer_query_webgl2).
 *
 * The page's clock cannot tell: a browser whose GPU falls behind gives the page its next frame so late that by then the
 * GPU has finished, and all seems well at 15 frames a second.
 */

export interface Measure {
  readonly points: number;
  readonly ms: number;
}

export interface Clock {
  /** Draw `points` points, timed. */
  time(points: number, draw: () => void): void;
  /** What is known by now of drawings timed before, each once; null where there is no clock. */
  measured(): Measure[] | null;
  dispose(): void;
}

/** So many drawings are waited for; others meanwhile are not timed. */
const WAITING = 4;

/** The names of the extension, which TypeScript's library does not know. */
interface Timer {
  readonly TIME_ELAPSED_EXT: number;
  readonly GPU_DISJOINT_EXT: number;
}

export function clock(gl: WebGL2RenderingContext): Clock {
  const timer = gl.getExtension("EXT_disjoint_timer_query_webgl2") as Timer | null;
  const waiting: { readonly query: WebGLQuery; readonly points: number }[] = [];
  return {
    time(points, draw) {
      const query = timer === null || waiting.length >= WAITING ? null : gl.createQuery();
      if (timer === null || query === null) {
        draw();
        return;
      }
      gl.beginQuery(timer.TIME_ELAPSED_EXT, query);
      draw();
      gl.endQuery(timer.TIME_ELAPSED_EXT);
      waiting.push({ query, points });
    },
    measured() {
      if (timer === null) return null;
      const known: Measure[] = [];
      const isDisjoint = gl.getParameter(timer.GPU_DISJOINT_EXT) === true;
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        if (gl.getQueryParameter(first.query, gl.QUERY_RESULT_AVAILABLE) !== true) break;
        const ns = Number(gl.getQueryParameter(first.query, gl.QUERY_RESULT));
        gl.deleteQuery(first.query);
        waiting.shift();
        if (!isDisjoint) known.push({ points: first.points, ms: ns / 1e6 });
      }
      return known;
    },
    dispose() {
      for (const { query } of waiting.splice(0)) gl.deleteQuery(query);
    },
  };
}
