/** Where one is on a flat map when far in: the whole in small, with a frame that can be dragged. */

import { computed, effect, type ReadonlySignal } from "@preact/signals";
import closeIcon from "lucide-static/icons/x.svg";
import type { Theme } from "../palette";
import { type Bounds, type Camera, fitted, type Size, toData, toScreen } from "../scatter/camera";
import type { Layout, RowMask, Store } from "../store";
import type { ViewState } from "./view_state";

/** It is there when the map is so many times closer than the whole. */
const FAR_IN = 4;
const LONGER_PX = 120;
const LEAST_PX = 36;
const MARGIN = 0.06;
/** Of more rows an even sample is drawn. */
const SAMPLE = 200_000;

/** The size of the small picture of a map. */
export function miniSize({ x0, y0, x1, y1 }: Bounds): Size {
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
  const step = Math.max(1, Math.floor(n / SAMPLE));
  let most = 0;
  for (let row = 0; row < n; row += step) {
    if (hidden !== null && ((hidden.bits[row >> 3] as number) >> (row & 7)) & 1) continue;
    const x = layout.xy[row * layout.dims] as number;
    const y = layout.xy[row * layout.dims + 1] as number;
    const sx = Math.floor(size.width / 2 + (x - camera.x) * camera.scale);
    const sy = Math.floor(size.height / 2 - (y - camera.y) * camera.scale);
    if (!(sx >= 0 && sx < width && sy >= 0 && sy < height)) continue;
    const at = sy * width + sx;
    counts[at] = (counts[at] as number) + 1;
    most = Math.max(most, counts[at] as number);
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
  box.append(canvas, frame, close);
  el.append(box);

  const shown = computed(
    () => view.overview.value && view.dims.value === 2 && view.bounds.value !== null && view.zoom.value > FAR_IN,
  );
  const size = computed(() => (view.bounds.value === null ? { width: 0, height: 0 } : miniSize(view.bounds.value)));
  const whole = computed(() =>
    view.bounds.value === null ? null : fitted(view.bounds.value, size.value, undefined, MARGIN),
  );

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
    const { width, height } = view.size.value;
    const [x0, y0] = toData(view.camera.value, view.size.value, 0, 0);
    const [x1, y1] = toData(view.camera.value, view.size.value, width, height);
    const [left, top] = toScreen(camera, size.value, x0, y0);
    const [right, bottom] = toScreen(camera, size.value, x1, y1);
    frame.style.transform = `translate(${left}px, ${top}px)`;
    frame.style.width = `${Math.max(3, right - left)}px`;
    frame.style.height = `${Math.max(3, bottom - top)}px`;
    box.style.width = `${size.value.width}px`;
    box.style.height = `${size.value.height}px`;
  }

  function goTo(event: PointerEvent): void {
    const camera = whole.peek();
    if (camera === null) return;
    const at = box.getBoundingClientRect();
    const [x, y] = toData(camera, size.peek(), event.clientX - at.left, event.clientY - at.top);
    view.show({ ...view.camera.peek(), x, y });
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
