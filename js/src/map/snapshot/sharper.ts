/** The images themselves, for pictures that are drawn larger than their thumbnails are. */

import type { Store } from "../../store";
import type { Shown } from "../pictures/paint";

/** A thumbnail drawn so many times its size is seen to be one. */
const BLURRED = 1.15;
const AT_ONCE = 6;
/** An image that takes longer is not waited for; its thumbnail does. */
const PATIENCE_MS = 15_000;

async function imageOf(store: Store, row: number, side_px: number, signal: AbortSignal): Promise<HTMLImageElement> {
  const { url } = await store.picture(row, side_px, signal);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** By row; without those that could not be had in time. */
export async function sharper(
  store: Store,
  pictures: readonly Shown[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, HTMLImageElement>> {
  const side = ({ width, height }: { width: number; height: number }) => Math.max(width, height);
  const wanted = pictures.filter((one) => side(one) > BLURRED * side(one.picture));
  const found = new Map<number, HTMLImageElement>();
  const late = new AbortController();
  const stop = () => late.abort();
  const timer = setTimeout(stop, PATIENCE_MS);
  signal.addEventListener("abort", stop);
  async function ask(): Promise<void> {
    for (let one = wanted.shift(); one !== undefined && !late.signal.aborted; one = wanted.shift()) {
      const image = await imageOf(store, one.row, side(one), late.signal).catch(() => null);
      if (image !== null) found.set(one.row, image);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
  return found;
}
