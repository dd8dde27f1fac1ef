/** Small pictures of images of the collection, and of examples that are not in it. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../store";

/** Ask for the pictures of some rows as long as the component lives. */
export function useThumbs(store: Store, rows: readonly number[]): void {
  const viewer = useRef(Symbol("small pictures"));
  const key = rows.join(" ");
  useEffect(() => {
    store.thumbs.want(viewer.current, rows);
    return () => store.thumbs.want(viewer.current, []);
  }, [store, key]);
}

/** The picture of a row, cut to a square; somebody must have asked for it. */
export function Thumb({ store, row, side_px }: { store: Store; row: number; side_px: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const arrived = store.thumbs.arrived.value;
  useEffect(() => {
    const picture = store.thumbs.get(row);
    const el = canvas.current;
    if (el === null) return;
    const side = Math.round(side_px * devicePixelRatio);
    el.width = side;
    el.height = side;
    if (picture === null || typeof picture === "string") return;
    const scale = side / Math.min(picture.width, picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    el.getContext("2d")?.drawImage(picture, (side - w) / 2, (side - h) / 2, w, h);
  }, [store, row, side_px, arrived]);
  return <canvas ref={canvas} class="pt-thumb" style={{ width: `${side_px}px`, height: `${side_px}px` }} />;
}

/** The picture of an uploaded image or a box, from the kernel. */
export function PartPicture({ store, part, side_px }: { store: Store; part: string; side_px: number }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    let made = "";
    let wanted = true;
    store.search.picture(part).then(
      (got) => {
        made = got;
        if (wanted) setUrl(got);
        else URL.revokeObjectURL(got);
      },
      () => {},
    );
    return () => {
      wanted = false;
      if (made !== "") URL.revokeObjectURL(made);
    };
  }, [store, part]);
  const size = { width: `${side_px}px`, height: `${side_px}px` };
  return url === "" ? <span class="pt-thumb" style={size} /> : <img class="pt-thumb" src={url} alt="" style={size} />;
}
