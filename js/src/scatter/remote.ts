/**
 * Drawing by CPU in a worker: the page posts what is set and shows the pictures that come back.
 *
 * Until the next picture comes the last one is moved and scaled to where the camera is: a flat map follows the hand
 * in the same frame. While it is dragged pictures have a margin, and the next one is made when that comes to an end. While
 * it is zoomed the worker has a part of its time only: a scaled picture is little worse, and cores are few.
 */

import type { Camera } from "./camera";
import { covering, isPanned, isZoomed, type Margin, marginOf, NONE, standsIn } from "./margin";
import type { Cover } from "./pictures";
import type { Scatter } from "./scatter";
import type { ScatterState } from "./state";
import type { FromWorker, ToWorker } from "./worker";

/** A state that was sent. `margin` is what is drawn around the pane. */
interface Sent extends Pick<ScatterState, "camera" | "boxes" | "colors"> {
  readonly margin: Margin;
}

/** While the camera zooms, each picture stays on show so many times as long as it took to make. */
const SERVES = 3;

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
  const sent = new Map<number, Sent>();
  let latest: Sent | null = null;
  let pictured: Sent | null = null;
  /** The first state from which on nothing but the camera was changed. */
  let since = 0;
  /** Whether the picture on show holds all that is to be seen, from where its camera was. */
  let isComplete = false;
  let colored: ScatterState["colors"] = null;
  /** When the worker was told what it draws, and how long it took for that. */
  let sentAt = 0;
  let took_ms = 0;
  /** The camera of the frame before. */
  let before: Camera | null = null;
  /** Whether the camera has gone on and the worker is not told yet. */
  let isHeld = false;
  let cover: (Cover & { readonly image: ImageBitmap }) | null = null;

  function follow(): void {
    const { camera } = state;
    const from = pictured?.camera;
    canvas.style.transform = camera === undefined || from === undefined ? "" : moved(from, camera, state.dpr ?? 1);
  }

  /** Whether the map is one that a picture of it can be moved or scaled for: none with pictures behind points. */
  const isFlat = () => !state.boxes && state.positions?.dims === 2;

  /** Whether a picture of that state, moved, is what is to be seen now. */
  function covers(of: Sent | null): "well" | "just" | "not" {
    const { camera, dpr = 1 } = state;
    if (of === null || camera === undefined || !isFlat()) return "not";
    return covering(of.camera, of.margin, camera, dpr);
  }

  function spread({ across, down }: Margin): void {
    const { style } = canvas;
    [style.left, style.top] = [`${-across}px`, `${-down}px`];
    [style.width, style.height] = [`calc(100% + ${2 * across}px)`, `calc(100% + ${2 * down}px)`];
  }

  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    const { picture, cover: image } = data;
    whole = data.whole && data.serial === serial;
    if (data.serial === serial && picture !== null) took_ms = performance.now() - sentAt;
    const of = sent.get(data.serial) ?? null;
    colored = of?.colors ?? colored;
    isComplete = data.whole && data.serial >= since;
    if (picture === null) return;
    // Not with the next frame: until that comes the worker goes on with what was sent since it began this picture.
    post({ kind: "taken" });
    context ??= canvas.getContext("bitmaprenderer", { alpha: false }) as ImageBitmapRenderingContext;
    if (canvas.width !== picture.width) canvas.width = picture.width;
    if (canvas.height !== picture.height) canvas.height = picture.height;
    context.transferFromImageBitmap(picture);
    pictured = of;
    spread(of?.margin ?? NONE);
    cover?.image.close();
    cover = image === null || !of?.boxes ? null : { boxes: of.boxes, image };
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

  /** What the next picture is given around the pane. */
  function margin(): Margin {
    const { camera, width = 0, height = 0, dpr = 1 } = state;
    if (latest === null || camera === undefined || camera === latest.camera || !isFlat() || !isOnlyZoom()) return NONE;
    const isSmaller = isZoomed(latest.camera, camera) && camera.scale < latest.camera.scale;
    return isSmaller || isPanned(latest.camera, camera) ? marginOf(width, height, dpr) : NONE;
  }

  /** Whether the worker need not be told yet where the camera is, as what it draws or has drawn will do, scaled. */
  function holds(): boolean {
    const { camera, width = 0, height = 0 } = state;
    if (latest === null || camera === undefined || camera === before || !isFlat()) return false;
    const isFresh = !whole || performance.now() - sentAt < SERVES * took_ms;
    return isFresh && isZoomed(latest.camera, camera) && standsIn(latest.camera, latest.margin, camera, width, height);
  }

  /** Points grow as one zooms in. */
  const isOnlyZoom = () => Object.keys(changed).every((key) => key === "camera" || key === "look");
  const isOnlyCamera = () => Object.keys(changed).every((key) => key === "camera");

  function send(): void {
    isHeld = false;
    if (Object.keys(changed).length === 0) return;
    // What is on its way is not overtaken by what it covers as well; what is on show is followed up in time.
    if (isOnlyCamera() && covers(latest) !== "not" && (!whole || covers(latest) === "well")) return;
    isHeld = isOnlyZoom() && holds();
    if (isHeld) return;
    const { positions, colors } = changed;
    const transfer: Transferable[] = [];
    const copied = <A extends Float32Array | Uint8Array | Uint16Array>(array: A): A => {
      const copy = array.slice();
      transfer.push(copy.buffer as ArrayBuffer);
      return copy as A;
    };
    if (positions) changed.positions = { ...positions, xy: copied(positions.xy) };
    if (colors) changed.colors = { ...colors, codes: copied(colors.codes) };
    const { camera, boxes, colors: now, width, height } = state;
    const around = margin();
    if (!isOnlyCamera()) [since, isComplete] = [serial + 1, false];
    if (around.across !== latest?.margin.across || around.down !== latest.margin.down) {
      if (width !== undefined) changed.width = width;
      if (height !== undefined) changed.height = height;
    }
    if (changed.width !== undefined) changed.width += 2 * around.across;
    if (changed.height !== undefined) changed.height += 2 * around.down;
    serial++;
    whole = false;
    sentAt = performance.now();
    if (camera !== undefined) {
      latest = { camera, margin: around, boxes: boxes ?? null, colors: now ?? null };
      sent.set(serial, latest);
    }
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
      before = state.camera ?? null;
      follow();
      return isHeld || (!whole && !(isComplete && covers(pictured) !== "not"));
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
