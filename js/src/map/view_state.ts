/** What one map view holds for itself: camera, tool, size. Two views of one widget have one each. */

import { batch, computed, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import {
  type Bounds,
  between,
  boundsOf,
  type Camera,
  flatCamera,
  framed,
  orbited,
  panned,
  type Size,
  STRAIGHT,
  TURNED,
  zoomedAbout,
  zoomedAt,
} from "../scatter/camera";
import { eased } from "../scatter/glide";
import type { Layout, Mode, Store, Tool } from "../store";
import { roomOf } from "./pictures/size";

const FIT_MS = 400;
/** Left free around all points: of the pane on each side, and beyond the pictures on the outermost ones. */
const MARGIN = 0.05;
const RIM_PX = 4;
/** How high the row of tools stands at the bottom. */
const TOOLS_PX = 40;
const BRUSH_PX = { least: 4, most: 240 };
/** How far one may zoom, relative to the fitted view. */
const CLOSEST = 5000;
const FARTHEST = 0.2;

export interface ViewState {
  readonly size: Signal<Size>;
  readonly camera: Signal<Camera>;
  readonly tool: Signal<Tool>;
  readonly brush_px: ReadonlySignal<number>;
  sizeBrush(factor: number): void;
  readonly lines: Signal<boolean>;
  readonly behindToo: Signal<boolean>;
  readonly overview: Signal<boolean>;
  /** What a selection gesture would do with the modifier keys held now; null while none is held. */
  readonly mode: Signal<Mode | null>;
  /** Whether the pointer is in this view. */
  readonly inside: Signal<boolean>;
  /** Whether the pointer keeps still. */
  readonly resting: Signal<boolean>;
  /** Extent of the layout on show. */
  readonly bounds: ReadonlySignal<Bounds | null>;
  /** The camera that shows all of it. */
  readonly fitted: ReadonlySignal<Camera | null>;
  /** How many times closer than the fitted view. */
  readonly zoom: ReadonlySignal<number>;
  /** False until the user moved the camera; the view keeps itself fitted until then. */
  readonly moved: Signal<boolean>;
  /** Milliseconds a movement may take: 0 under prefers-reduced-motion. */
  motion(ms: number): number;
  /** 3 when the layout on show has depth and can be turned. */
  readonly dims: ReadonlySignal<2 | 3>;
  pan(dx: number, dy: number): void;
  /** Turn what has depth as a drag by (dx, dy) would; the shorter side of the pane is half a turn. */
  orbit(dx: number, dy: number): void;
  /** @param still the data position that stays where it is; what is at (sx, sy) in the middle's plane where it is not given */
  zoomBy(factor: number, sx: number, sy: number, still?: readonly [number, number, number] | null): void;
  /** The largest scale. */
  closest(): number;
  /** Show all points from the side the view looks from; `ms` of flight. */
  fit(ms?: number): void;
  /** Show all points as on first sight. */
  reset(): void;
  /** Look there at once, as if somebody had moved the camera. */
  show(camera: Camera): void;
  flyTo(camera: Camera, ms: number): void;
  /** Advance a flight; true while it lasts. */
  step(now_ms: number): boolean;
}

/** How many rows have a position in a layout: few on a map of some images. */
export function placedRows(store: Store, { name, xy, dims }: Layout): number {
  return store.traits.layouts.peek().find((info) => info.name === name)?.placed ?? xy.length / dims;
}

export function viewState(store: Store): ViewState {
  const size = signal<Size>({ width: 0, height: 0 });
  const camera = signal<Camera>(flatCamera(0, 0, 1));
  const moved = signal(false);
  const hand = store.lastHand;
  const brush_px = signal(hand.brush_px);
  const bounds = computed(() => {
    const layout = store.layout.value;
    return layout === null ? null : boundsOf(layout.xy, layout.dims);
  });
  const dims = computed(() => store.layout.value?.dims ?? 2);
  const fittedCamera = computed(() => {
    return wholeFrom(dims.value === 3 ? TURNED : STRAIGHT);
  });

  /**
   * The camera that shows all points from one side. Of few images pictures are large: then none is cut at the edge, and
   * none lies under the tools.
   */
  function wholeFrom(side: { yaw: number; pitch: number }): Camera | null {
    const layout = store.layout.value;
    if (layout === null || bounds.value === null) return null;
    const { width, height } = size.value;
    const picture_px = store.traits.picture_px.peek(); // the map keeps still while one moves the slider
    const picture = picture_px === 0 ? 0 : roomOf(picture_px, placedRows(store, layout), size.value, 1).size_px;
    const rim_px = picture / 2 + RIM_PX;
    const under_px = rim_px > MARGIN * height ? Math.min(TOOLS_PX, height / 4) : 0;
    const pane = { width, height: height - under_px };
    const camera = framed(layout.xy, layout.dims, bounds.value, pane, side, MARGIN, rim_px);
    return panned(camera, 0, -under_px / 2);
  }
  const zoom = computed(() => camera.value.scale / (fittedCamera.value?.scale ?? camera.value.scale));
  let flight: { from: Camera; to: Camera; start: number; ms: number } | null = null;

  const motion = (ms: number) => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms);

  function flyTo(to: Camera, ms: number): void {
    const length = motion(ms);
    flight = length > 0 ? { from: camera.peek(), to, start: Number.NaN, ms: length } : null;
    if (flight === null) camera.value = to;
    else camera.value = { ...camera.peek() };
  }

  function byHand(next: Camera): void {
    flight = null;
    batch(() => {
      moved.value = true;
      camera.value = dims.peek() === 3 ? next : { ...next, z: 0, ...STRAIGHT };
    });
  }

  function showAll(ms: number, side: { yaw: number; pitch: number } | null): void {
    const to = side === null ? fittedCamera.peek() : untracked(() => wholeFrom(side));
    moved.value = false;
    if (to !== null) flyTo(to, ms);
  }

  return {
    size,
    camera,
    tool: signal(hand.tool),
    brush_px,
    lines: signal(hand.lines),
    sizeBrush(factor) {
      brush_px.value = Math.min(BRUSH_PX.most, Math.max(BRUSH_PX.least, brush_px.peek() * factor));
    },
    behindToo: signal(hand.behindToo),
    overview: signal(hand.overview),
    mode: signal<Mode | null>(null),
    inside: signal(false),
    resting: signal(true),
    bounds,
    fitted: fittedCamera,
    zoom,
    moved,
    motion,
    pan: (dx, dy) => byHand(panned(camera.peek(), dx, dy)),
    dims,
    orbit(dx, dy) {
      if (dims.peek() !== 3) return;
      const radians = Math.PI / Math.max(1, Math.min(size.peek().width, size.peek().height));
      byHand(orbited(camera.peek(), dx * radians, dy * radians));
    },
    closest: () => CLOSEST * (fittedCamera.peek()?.scale ?? 1),
    zoomBy(factor, sx, sy, still = null) {
      const whole = fittedCamera.peek()?.scale ?? camera.peek().scale;
      const scale = Math.min(CLOSEST * whole, Math.max(FARTHEST * whole, camera.peek().scale * factor));
      const now = camera.peek();
      byHand(still === null ? zoomedAbout(now, size.peek(), sx, sy, scale) : zoomedAt(now, still, scale));
    },
    fit(ms = FIT_MS) {
      const { yaw, pitch } = camera.peek();
      showAll(ms, dims.peek() === 3 && (yaw !== 0 || pitch !== 0) ? { yaw, pitch } : null);
    },
    reset: () => showAll(FIT_MS, null),
    show: byHand,
    flyTo,
    step(now_ms) {
      if (flight === null) return false;
      if (Number.isNaN(flight.start)) flight.start = now_ms;
      const share = Math.min(1, (now_ms - flight.start) / flight.ms);
      const { from, to } = flight;
      if (share >= 1) flight = null;
      camera.value = share >= 1 ? to : between(from, to, eased(share));
      return share < 1;
    },
  };
}
