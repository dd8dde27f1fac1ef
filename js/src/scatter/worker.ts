/** The worker that draws: takes states, answers pictures. Its code travels as text in the bundle. */

import { cpuRaster } from "./cpu/raster";
import { pace } from "./pace";
import { painter } from "./painter";
import type { ScatterState } from "./state";

export type ToWorker =
  | { readonly kind: "set"; readonly serial: number; readonly state: Partial<ScatterState> }
  /** The page has the last picture; the next may come. */
  | { readonly kind: "taken" };

export interface FromWorker {
  /** The state that was drawn, and whether all of it is. */
  readonly serial: number;
  readonly whole: boolean;
  /** Null where there was nothing to draw. */
  readonly picture: ImageBitmap | null;
  /** What covers the boxes of that state; null where none were told, or nothing does. */
  readonly cover: ImageBitmap | null;
}

/** After the first whole picture of points the page has so long to calm down. */
const CALM_MS = 2000;

/** What a map rests before it is prepared for other colours. */
const REST_MS = 400;

/** What a picture of a sample may take, and one of all points: the page moves the last one meanwhile. */
const SAMPLE_MS = 10;
const WHOLE_MS = 40;

/**
 * The first canvas is in memory: one of the GPU process keeps the worker waiting until that has painted what it has to,
 * 0.7 s while a notebook shows a widget. The later one spares every picture its way there.
 */
let canvas = new OffscreenCanvas(1, 1);
let raster = cpuRaster(canvas, true);
const paint = painter(raster, pace(150_000, SAMPLE_MS, WHOLE_MS));
let hasPoints = false;
let points = 0;
/** The colours by row, until they are in draw order. */
let colors: ScatterState["colors"] = null;
let isFirst = true;
const steps = new MessageChannel();
/** Until it prepares for other colours. */
let resting: ReturnType<typeof setTimeout> | undefined;
let scheduled = false;
let free = true;
let serial = 0;

/** Messages that are waiting are taken first, so what is drawn is always the newest state. */
function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  steps.port2.postMessage(null);
}

function answer(message: FromWorker): void {
  const transfer = [message.picture, message.cover].filter((image) => image !== null);
  (postMessage as (message: FromWorker, transfer: Transferable[]) => void)(message, transfer);
}

function change(): void {
  canvas = new OffscreenCanvas(1, 1);
  raster = cpuRaster(canvas);
  paint.use(raster);
}

steps.port1.onmessage = () => {
  scheduled = false;
  const step = paint.draw(performance.now(), free);
  if (step === "whole" || step === "part") {
    free = !hasPoints; // an empty map's picture is followed at once by that of its first points
    const front = raster.cover()?.image;
    const cover = front instanceof OffscreenCanvas ? front.transferToImageBitmap() : null;
    answer({ serial, whole: step === "whole", picture: canvas.transferToImageBitmap(), cover });
    if (isFirst && hasPoints && step === "whole") {
      isFirst = false;
      setTimeout(change, CALM_MS);
    }
  }
  if (step === "resting") answer({ serial, whole: true, picture: null, cover: null });
  if (step === "part" || step === "working") schedule();
  clearTimeout(resting);
  resting = setTimeout(paint.rest, REST_MS);
};

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "set") {
    serial = data.serial;
    paint.set(data.state);
    // What is in draw order now is not needed by row again.
    const { positions } = data.state;
    if (positions !== undefined) points = positions === null ? 0 : positions.xy.length / positions.dims;
    if (positions) {
      hasPoints = true;
      Object.assign(positions, { xy: new Float32Array(0) });
    }
    colors = data.state.colors ?? colors;
    if (colors?.codes.length === points) Object.assign(colors, { codes: new Uint8Array(0) });
  } else free = true;
  schedule();
});
