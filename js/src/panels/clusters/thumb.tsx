/** A small square picture of one row; somebody else wishes for it. */

import { useEffect, useRef } from "preact/hooks";
import type { Store } from "../../store";

const SIDE_PX = 32;

export function Thumb({ store, row }: { store: Store; row: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const arrived = store.thumbs.arrived.value;
  const side = Math.round(SIDE_PX * devicePixelRatio);
  useEffect(() => {
    const picture = row < 0 ? null : store.thumbs.get(row);
    const context = canvas.current?.getContext("2d") ?? null;
    if (context === null) return;
    context.clearRect(0, 0, side, side);
    if (picture === null || typeof picture === "string") return;
    const { width, height } = picture;
    const cut = Math.min(width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, (width - cut) / 2, (height - cut) / 2, cut, cut, 0, 0, side, side);
  }, [store, row, arrived, side]);
  return <canvas ref={canvas} class="pt-cluster-thumb" width={side} height={side} />;
}
