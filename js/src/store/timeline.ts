/** What undo and redo would do next: selections and searches of this browser and tags of the kernel, latest first. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Outline, RowMask } from "../store";
import type { Filters } from "./filters";

/** What is selected, which rows the grid shows (null = all), and the outline that selected them. */
export interface Picked {
  readonly mask: RowMask;
  readonly shown: RowMask | null;
  readonly outline: Outline | null;
}

/**
 * A change of selection or filters holds both its sides, and so does a search, by the ids of its rounds; tags and
 * clusters only mark whose latest step is next.
 */
export type Step =
  | { kind: "selection"; before: Picked; after: Picked }
  | { kind: "filters"; before: Filters; after: Filters }
  | { kind: "round"; before: number; after: number }
  | { kind: "clusters"; words: string }
  | { kind: "tag" };

/** Older steps are forgotten: a mask of ten million rows takes 1.25 MB. */
const LONGEST = 50;

export interface Timeline {
  readonly next: ReadonlySignal<{ undo: Step | null; redo: Step | null }>;
  did(step: Step): void;
  /** Move one step from done to undone; null when there is none. */
  back(): Step | null;
  forward(): Step | null;
}

export function timeline(): Timeline {
  const done = signal<readonly Step[]>([]);
  const undone = signal<readonly Step[]>([]);
  const move = (from: typeof done, to: typeof done): Step | null => {
    const step = from.peek().at(-1) ?? null;
    if (step === null) return null;
    from.value = from.peek().slice(0, -1);
    to.value = [...to.peek(), step];
    return step;
  };
  return {
    next: computed(() => ({ undo: done.value.at(-1) ?? null, redo: undone.value.at(-1) ?? null })),
    did(step) {
      done.value = [...done.peek(), step].slice(-LONGEST);
      undone.value = [];
    },
    back: () => move(done, undone),
    forward: () => move(undone, done),
  };
}
