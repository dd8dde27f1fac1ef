/**
 * Drawing by CPU in a worker: the page posts what is set and shows the pictures that come back.
 *
 * Until the next picture comes the last one is moved and scaled to where the camera is: a flat map follows the hand
 * in the same frame.
 */

import type { Camera } from "./camera";
import type { Cover } from "./pictures";
import type { Scatter } from "./scatter";
import type { ScatterState } from "./state";
import type { FromWorker, ToWorker } from "./worker";

/** @param onUnable the worker did not start: nothing will be drawn */
export function remoteScatter(
  canvas: HTMLCanvasElement,
  code: string,
  onNeedsDraw: () => void,
  onUnable: () => void,
): Scatter {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url);
  const state: Partial<ScatterState> = {};
  let changed: Partial<ScatterState> = {};
  let serial = 0;
  let whole = true;
  let isSoon = false;
  let context: ImageBitmapRenderingContext | null = null;
  /** Of the states on their way, and of the picture on show. */
  const sent = new Map<number, Pick<ScatterState, "camera" | "boxes" | "colors">>();
  let pictured: Camera | null = null;
  let colored: ScatterState["colors"] = null;
  let cover: (Cover & { readonly image: ImageBitmap }) | null = null;

  function follow(): void {
    const { camera } = state;
    canvas.style.transform = camera === undefined || pictured === null ? "" : moved(pictured, camera, state.dpr ?? 1);
  }

  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    const { picture, cover: image } = data;
    whole = data.whole && data.serial === serial;
    const { camera, boxes, colors } = sent.get(data.serial) ?? {};
    colored = colors ?? colored;
    if (picture === null) return;
    // Not with the next frame: until that comes the worker goes on with what was sent since it began this picture.
    post({ kind: "taken" });
    context ??= canvas.getContext("bitmaprenderer", { alpha: false }) as ImageBitmapRenderingContext;
    if (canvas.width !== picture.width) canvas.width = picture.width;
    if (canvas.height !== picture.height) canvas.height = picture.height;
    context.transferFromImageBitmap(picture);
    pictured = camera ?? null;
    cover?.image.close();
    cover = image === null || !boxes ? null : { boxes, image };
    for (const past of sent.keys()) if (past < data.serial) sent.delete(past);
    follow();
    onNeedsDraw();
  };
  worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    URL.revokeObjectURL(url);
    if (context === null) onUnable();
    else whole = true;
  };

  const post = (message: ToWorker, transfer: Transferable[] = []) => worker.postMessage(message, transfer);

  function send(): void {
    if (Object.keys(changed).length === 0) return;
    const { positions, colors } = changed;
    const transfer: Transferable[] = [];
    const copied = <A extends Float32Array | Uint8Array | Uint16Array>(array: A): A => {
      const copy = array.slice();
      transfer.push(copy.buffer as ArrayBuffer);
      return copy as A;
    };
    if (positions) changed.positions = { ...positions, xy: copied(positions.xy) };
    if (colors) changed.colors = { ...colors, codes: copied(colors.codes) };
    serial++;
    whole = false;
    const { camera, boxes, colors: now } = state;
    if (camera !== undefined) sent.set(serial, { camera, boxes: boxes ?? null, colors: now ?? null });
    post({ kind: "set", serial, state: changed }, transfer);
    changed = {};
  }

  /** Send without waiting for a frame, which a busy page may draw late, but once all that belongs together is set. */
  function sendSoon(): void {
    if (isSoon) return;
    isSoon = true;
    queueMicrotask(() => {
      isSoon = false;
      send();
    });
  }

  return {
    kind: "cpu",
    slow: false,
    set(partial) {
      for (const key of Object.keys(partial) as (keyof ScatterState)[]) {
        if (state[key] === partial[key]) continue;
        Object.assign(state, { [key]: partial[key] });
        Object.assign(changed, { [key]: partial[key] });
      }
      if (changed.positions || changed.colors) sendSoon();
      onNeedsDraw();
    },
    draw() {
      send();
      follow();
      return !whole;
    },
    cover: () => cover,
    colors: () => colored,
    dispose() {
      cover?.image.close();
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

/**
 * The CSS transform that shows a picture made by camera `from` as `to` would; none where one of them is turned. Moved
 * alone, it stays on the pixels of the screen: between them software takes a quarter longer for each frame.
 */
function moved(from: Camera, to: Camera, dpr: number): string {
  if (from === to || from.yaw !== 0 || from.pitch !== 0 || to.yaw !== 0 || to.pitch !== 0) return "";
  const onPixels = (px: number) => (from.scale === to.scale ? Math.round(px * dpr) / dpr : px);
  const right = onPixels((from.x - to.x) * to.scale);
  const down = onPixels((to.y - from.y) * to.scale);
  return `translate(${right}px, ${down}px) scale(${to.scale / from.scale})`;
}
