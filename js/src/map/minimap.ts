/** Where one is when far in: the whole in small, from the side one looks from, with a frame that can be dragged. */

import { computed, effect, type ReadonlySignal } from "@preact/signals";
import closeIcon from "lucide-static/icons/x.svg";
import type { Theme } from "../palette";
import {
  type Bounds,
  type Camera,
  framed,
  lens,
  type Size,
  STRAIGHT,
  seenThrough,
  TURNED,
  turnOf,
} from "../scatter/camera";
import type { Layout, RowMask, Store } from "../store";
import type { ViewState } from "./view_state";

/** It is there when the map is so many times closer than the whole. */
const FAR_IN = 4;
const LONGER_PX = 120;
const LEAST_PX = 36;
const MARGIN = 0.06;
/** The frame is seen at least. */
const LEAST_FRAME_PX = 6;
/** Of more rows an even sample is drawn; what has depth is drawn anew with each turn. */
const SAMPLE = { 2: 200_000, 3: 30_000 } as const;

/** The size of the small picture of a map; of one in space, a square however it is turned. */
export function miniSize({ x0, y0, x1, y1, radius }: Bounds): Size {
  if (radius > 0) return { width: LONGER_PX, height: LONGER_PX };
  const wide = x1 - x0 || 1;
  const high = y1 - y0 || 1;
  const part = LONGER_PX / Math.max(wide, high);
  return { width: Math.max(LEAST_PX, wide * part), height: Math.max(LEAST_PX, high * part) };
}

/** How dense each pixel of the small picture is, 0…1, by rows from the top. */
export function densityOf(layout: Layout, hidden: RowMask | null, camera: Camera, size: Size): Float32Array {
  const width = Math.ceil(size.width);
  const height = Math.ceil(size.height);
  const counts = new Float32Array(width * height);
  const n = layout.xy.length / layout.dims;
  const step = Math.max(1, Math.floor(n / SAMPLE[layout.dims]));
  const { turn, perspective, scale, left, top } = lens(camera, size);
  const [rx, ry, rz, ux, uy, uz, tx, ty, tz] = turn;
  let most = 0;
  for (let row = 0; row < n; row += step) {
    if (hidden !== null && ((hidden.bits[row >> 3] as number) >> (row & 7)) & 1) continue;
    const at = row * layout.dims;
    const x = (layout.xy[at] as number) - camera.x;
    const y = (layout.xy[at + 1] as number) - camera.y;
    const z = layout.dims === 3 ? (layout.xy[at + 2] as number) - camera.z : 0;
    const pixels = scale / (1 - perspective * (tx * x + ty * y + tz * z));
    const sx = Math.floor(left + (rx * x + ry * y + rz * z) * pixels);
    const sy = Math.floor(top - (ux * x + uy * y + uz * z) * pixels);
    if (!(sx >= 0 && sx < width && sy >= 0 && sy < height)) continue;
    const pixel = sy * width + sx;
    counts[pixel] = (counts[pixel] as number) + 1;
    most = Math.max(most, counts[pixel] as number);
  }
  const full = Math.log1p(most);
  return counts.map((count) => (count === 0 ? 0 : 0.25 + (0.75 * Math.log1p(count)) / full));
}

export function minimap(store: Store, view: ViewState, el: HTMLElement, theme: ReadonlySignal<Theme>): () => void {
  const box = document.createElement("div");
  box.className = "pt-map-mini";
  box.title = "The whole map; drag to move (M hides it)";
  box.hidden = true;
  const canvas = document.createElement("canvas");
  const frame = document.createElement("div");
  frame.className = "pt-map-mini-frame";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "pt-map-mini-close";
  close.title = "Hide the small map (M)";
  close.setAttribute("aria-label", "Hide the small map");
  close.innerHTML = closeIcon;
  const inside = document.createElement("div");
  inside.className = "pt-map-mini-view";
  inside.append(canvas, frame);
  box.append(inside, close);
  el.append(box);

  const shown = computed(() => view.overview.value && view.bounds.value !== null && view.zoom.value > FAR_IN);
  const size = computed(() => (view.bounds.value === null ? { width: 0, height: 0 } : miniSize(view.bounds.value)));
  const yaw = computed(() => view.camera.value.yaw);
  const pitch = computed(() => view.camera.value.pitch);
  /** The same from all sides: nothing grows or shrinks while one turns. */
  const front = computed(() => {
    const layout = store.layout.value;
    if (layout === null || view.bounds.value === null) return null;
    const side = layout.dims === 3 ? TURNED : STRAIGHT;
    return framed(layout.xy, layout.dims, view.bounds.value, size.value, side, MARGIN);
  });
  const whole = computed(() => (front.value === null ? null : { ...front.value, yaw: yaw.value, pitch: pitch.value }));

  function paint(): void {
    const layout = store.layout.value;
    const camera = whole.value;
    if (!shown.value || layout === null || camera === null) return;
    const density = densityOf(layout, store.hidden.value, camera, size.value);
    canvas.width = Math.ceil(size.value.width);
    canvas.height = Math.ceil(size.value.height);
    const context = canvas.getContext("2d");
    if (context === null) return;
    const image = context.createImageData(canvas.width, canvas.height);
    const ink = theme.value === "dark" ? 255 : 0;
    density.forEach((share, pixel) => {
      image.data.fill(ink, 4 * pixel, 4 * pixel + 3);
      image.data[4 * pixel + 3] = 255 * share;
    });
    context.putImageData(image, 0, 0);
  }

  function place(): void {
    const camera = whole.value;
    box.hidden = !shown.value;
    if (!shown.value || camera === null) return;
    const { x, y, z, scale } = view.camera.value;
    const [sx, sy, , closer] = seenThrough(lens(camera, size.value), x, y, z);
    const part = (camera.scale * closer) / scale;
    const width = Math.max(LEAST_FRAME_PX, view.size.value.width * part);
    const height = Math.max(LEAST_FRAME_PX, view.size.value.height * part);
    frame.style.transform = `translate(${sx - width / 2}px, ${sy - height / 2}px)`;
    frame.style.width = `${width}px`;
    frame.style.height = `${height}px`;
    box.style.width = `${size.value.width}px`;
    box.style.height = `${size.value.height}px`;
  }

  function goTo(event: PointerEvent): void {
    const camera = whole.peek();
    if (camera === null) return;
    const at = box.getBoundingClientRect();
    const now = view.camera.peek();
    const [sx, sy, , closer] = seenThrough(lens(camera, size.peek()), now.x, now.y, now.z);
    if (!(closer > 0)) return;
    // Along the plane that faces the viewer: in space it stays as deep as it is.
    const right = (event.clientX - at.left - sx) / (camera.scale * closer);
    const up = (sy - event.clientY + at.top) / (camera.scale * closer);
    const turn = turnOf(camera);
    view.show({
      ...now,
      x: now.x + turn[0] * right + turn[3] * up,
      y: now.y + turn[1] * right + turn[4] * up,
      z: now.z + turn[2] * right + turn[5] * up,
    });
  }

  const ends = new AbortController();
  const { signal } = ends;
  box.addEventListener(
    "pointerdown",
    (event) => {
      event.stopPropagation();
      if (event.button !== 0 || close.contains(event.target as Node)) return;
      event.preventDefault();
      box.setPointerCapture(event.pointerId);
      goTo(event);
    },
    { signal },
  );
  box.addEventListener("pointermove", (event) => box.hasPointerCapture(event.pointerId) && goTo(event), { signal });
  close.addEventListener(
    "click",
    () => {
      view.overview.value = false;
    },
    { signal },
  );
  const stops = [effect(paint), effect(place)];
  return () => {
    for (const stop of stops) stop();
    ends.abort();
    box.remove();
  };
}
