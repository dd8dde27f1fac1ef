/**
 * One picture of points, of any size, on a canvas that is in no page: for what is saved and not shown.
 *
 * Always drawn by the CPU, in a worker where there may be one: it needs no graphics memory and none of the few GPU
 * contexts a page has, knows no largest texture, and leaves the page its frames.
 */

import type { Cover } from "./pictures";
import { createScatter } from "./scatter";
import { heightOf, type ScatterState, widthOf } from "./state";

/** Time for the page between two steps. */
const PAUSE_MS = 4;

const pause = () => new Promise((resume) => setTimeout(resume, PAUSE_MS));

/**
 * Draw `state` whole, a step at a time, and give it to `use`, with what covers its boxes; after that both are gone.
 *
 * Rejects where there is no memory for it, or with the reason of `signal` when that says stop.
 */
export async function still(
  state: ScatterState,
  use: (points: HTMLCanvasElement, cover: Cover | null) => void,
  signal: AbortSignal,
): Promise<void> {
  const canvas = document.createElement("canvas");
  const scatter = createScatter(canvas, () => undefined, "cpu");
  try {
    scatter.set({ ...state, pictures: null, glide_ms: 0 });
    while (scatter.draw(performance.now())) {
      await pause();
      signal.throwIfAborted();
    }
    // A worker without memory leaves the canvas as it was.
    if (canvas.width !== widthOf(state) || canvas.height !== heightOf(state)) throw new RangeError();
    use(canvas, scatter.cover());
  } catch (error) {
    // What a browser throws that has no memory for an array.
    throw error instanceof RangeError ? new Error("it is too large for this browser") : error;
  } finally {
    scatter.dispose();
  }
}
