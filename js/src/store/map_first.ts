/** The map is painted first: what keeps a browser that draws by software as busy waits for it, though never long. */

import { type ReadonlySignal, signal } from "@preact/signals";

/** Positions may be long on their way, or the map out of sight. */
const MOST_MS = 1500;

export interface MapFirst {
  /** Whether the first points are still to be painted. */
  readonly isMapFirst: ReadonlySignal<boolean>;
  /** They are, in one of the views. */
  mapPainted(): void;
  close(): void;
}

/** @param isComing whether there are positions to be had */
export function mapFirst(isComing: boolean): MapFirst {
  const isMapFirst = signal(isComing);
  const end = () => {
    isMapFirst.value = false;
  };
  const timer = isComing ? setTimeout(end, MOST_MS) : undefined;
  return { isMapFirst, mapPainted: end, close: () => clearTimeout(timer) };
}
