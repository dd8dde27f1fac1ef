/** The canvas of a map: keeps the renderer fed from the store and the view, one frame at a time. */

import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { type Look, lookOf, lookWith } from "../scatter/look";
import type { Box, Cover, Quads } from "../scatter/pictures";
import { sleeper } from "../scatter/sleeper";
import { still } from "../scatter/still";
import type { Store } from "../store";
import type { Coding } from "./coding";
import { inSight } from "./sight";
import { taggedRows } from "./tagged";
import type { Colors } from "./theme";
import type { ViewState } from "./view_state";

export const GLIDE_MS = 600;

export interface Surface {
  /** What the points on show are coloured by: what is being drawn becomes it together with its picture. */
  readonly coding: ReadonlySignal<Coding>;
  /** How points look now. */
  readonly look: ReadonlySignal<Look>;
  /** Radius of a point on screen now, in CSS pixels. */
  radius(): number;
  /** What draws the points; a GPU may turn out to be none. */
  kind(): "gpu" | "cpu";
  /** What the GPU draws over the points. */
  pictures(quads: Quads | null): void;
  /** Pictures that are drawn over the points of a CPU, which tells in a later frame what of these covers them. */
  boxes(boxes: readonly Box[] | null): void;
  cover(): Cover | null;
  /** Call `draw` in every frame, before the points are drawn in it; it answers whether it needs another one. */
  ahead(draw: (now_ms: number) => boolean): () => void;
  /** The same, after the points were drawn in it; `isWhole` says whether all of them are. */
  alongside(draw: (now_ms: number, isWhole: boolean) => boolean): () => void;
  /** Something changed that is to be drawn. */
  redraw(): void;
  /**
   * The points as they look now, `times` as large, drawn whole on a canvas that `use` gets, with what covers `boxes`; both
   * are gone after it. Rejects when that cannot be done, or `signal` says stop.
   */
  still(
    times: number,
    boxes: readonly Box[],
    use: (points: HTMLCanvasElement, cover: Cover | null) => void,
    signal: AbortSignal,
  ): Promise<void>;
  dispose(): void;
}

/** @param pane has the map's size; the canvas fills it. @param onResize runs when the size or the screen changed */
export function surface(
  store: Store,
  view: ViewState,
  pane: HTMLElement,
  coding: ReadonlySignal<Coding>,
  colors: ReadonlySignal<Colors>,
  onResize: () => void,
): Surface {
  function newCanvas(last: HTMLCanvasElement | null): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "pt-map-canvas";
    canvas.setAttribute("aria-hidden", "true");
    if (last === null) pane.prepend(canvas);
    else last.after(canvas);
    return canvas;
  }
  const painted = signal(coding.peek());
  const codings = new WeakMap<object, Coding>();
  let frame = 0;
  /** What is set now is drawn in this frame: it needs no other one. */
  let isBefore = false;
  const leaders = new Set<(now_ms: number) => boolean>();
  const companions = new Set<(now_ms: number, isWhole: boolean) => boolean>();

  function onFrame(now: number): void {
    frame = 0;
    let isFlying = false;
    let more = false;
    isBefore = true;
    try {
      settle();
      isFlying = view.step(now);
      for (const draw of leaders) more = draw(now) || more;
    } finally {
      isBefore = false;
    }
    const isDrawing = scatter.draw(now);
    // With a later frame, in which this one's points are on their way to the screen.
    if (store.isMapFirst.peek() && painted.peek().codes.length > 0) requestAnimationFrame(() => store.mapPainted());
    if (!isDrawing && !isFlying) pane.dataset.points = "all";
    more = more || isDrawing || isFlying;
    pane.dataset.raster = scatter.asleep ? "" : scatter.kind;
    for (const draw of companions) more = draw(now, !isDrawing) || more;
    if (more) schedule();
    else if (frame === 0) pane.dataset.drawn = "all";
  }
  /** Legend, names and frames change with the points: earlier they would be painted apart, and keep these waiting. */
  function settle(): void {
    const wanted = coding.peek();
    const colors = scatter.colors();
    const isSameCodes = wanted.exact === painted.peek().exact && wanted.title === painted.peek().title;
    const now = isSameCodes || scatter.asleep ? wanted : colors === null ? undefined : codings.get(colors);
    if (now !== undefined) painted.value = now;
  }
  function schedule(): void {
    pane.dataset.drawn = "part";
    if (frame === 0 && !isBefore) frame = requestAnimationFrame(onFrame);
  }

  const scatter = sleeper(newCanvas, () => {
    pane.dataset.points = "part";
    schedule();
  });
  pane.dataset.raster = scatter.kind;
  const sight = inSight(pane, (seen) => {
    if (seen) scatter.wake();
    else scatter.sleep();
    pane.dataset.raster = scatter.asleep ? "" : scatter.kind;
    if (seen) schedule();
  });

  function measure(): void {
    const { clientWidth: width, clientHeight: height } = pane;
    const dpr = window.devicePixelRatio || 1;
    if (width !== view.size.peek().width || height !== view.size.peek().height) view.size.value = { width, height };
    scatter.set({ width, height, dpr });
    onResize();
  }
  const observer = new ResizeObserver(measure);
  observer.observe(pane);

  let screen: MediaQueryList | null = null;
  function watchScreen(): void {
    screen?.removeEventListener("change", watchScreen);
    screen = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    screen.addEventListener("change", watchScreen);
    measure();
  }
  watchScreen();

  const look = computed(() => {
    const layout = store.layout.value;
    const { width, height } = view.size.value;
    const dims = layout?.dims ?? 2;
    const usual = lookOf((layout?.xy.length ?? 0) / dims, width * height, view.zoom.value, dims);
    const { point_size, point_opacity, density } = store.traits;
    return lookWith(usual, { size_px: point_size.value, opacity: point_opacity.value, density: density.value });
  });
  const tagged = taggedRows(store, look);
  const stops = [
    effect(() => {
      const layout = store.layout.value;
      scatter.set({ positions: layout, glide_ms: view.motion(GLIDE_MS) });
    }),
    effect(() => {
      const colors = { codes: coding.value.codes, lut: coding.value.lut };
      codings.set(colors, coding.value);
      scatter.set({ colors });
      untracked(settle);
    }),
    effect(() => scatter.set({ background: colors.value.background })),
    effect(() => {
      const preview = store.preview.value;
      const selection = store.selection.value;
      scatter.set({ lit: preview ?? (selection.count > 0 ? selection : null) });
    }),
    effect(() => scatter.set({ hidden: store.hidden.value })),
    effect(() => scatter.set({ tagged: tagged.value })),
    effect(() => scatter.set({ camera: view.camera.value, look: look.value })),
  ];
  return {
    coding: painted,
    look,
    radius: () => look.value.size_px / 2,
    kind: () => scatter.kind,
    pictures: (quads) => scatter.set({ pictures: quads }),
    boxes: (boxes) => scatter.set({ boxes }),
    cover: () => scatter.cover(),
    ahead(draw) {
      leaders.add(draw);
      return () => leaders.delete(draw);
    },
    alongside(draw) {
      companions.add(draw);
      return () => companions.delete(draw);
    },
    redraw: schedule,
    still: (times, boxes, use, signal) =>
      still({ ...scatter.state, boxes, dpr: times * scatter.state.dpr }, use, signal),
    dispose() {
      for (const stop of stops) stop();
      cancelAnimationFrame(frame);
      observer.disconnect();
      screen?.removeEventListener("change", watchScreen);
      sight();
      scatter.dispose();
    },
  };
}
