/** The pictures at their points: above the points' canvas, below the rings. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { has } from "../../bitmask";
import { lens, positionOf, seenThrough } from "../../scatter/camera";
import { eased } from "../../scatter/glide";
import { depthAt } from "../../scatter/raster";
import type { Layout, Store } from "../../store";
import type { Coding } from "../coding";
import { GLIDE_MS, type Surface } from "../surface";
import type { Colors } from "../theme";
import { placedRows, type ViewState } from "../view_state";
import { AROUND_PX, canvasPainter } from "./canvas";
import { chooser } from "./chooser";
import { fade } from "./fade";
import { gpuPainter } from "./gpu";
import type { Painter, Rgb, Shown } from "./paint";
import { hazeSeen, type Room, roomOf, sizeSeen } from "./size";
import { wishes } from "./wishes";

/** Time to look for pictures in per frame: more where frames are long anyway and nothing moves. */
const LOOK_MS = { still: 10, moving: 4, laboured: 1 };
const RESTING_SHARE = 0.5;
/** So long the camera rests before it is looked for what covers pictures: a hand that only pauses is not kept waiting. */
const REST_MS = 150;
/** A picture that comes or goes is this small at the least. */
const SMALL = 0.7;
/** How much of a picture the background covers while others are selected. */
const VEIL = 0.76;
const FRAME_PX = { plain: 1.5, lit: 2.5 };
/** So far before its point a picture stands, as `depthAt` tells it: its own point does not cover it. */
const BEFORE = 1 / 512;

export interface PictureLayer {
  /** The row whose picture is at (sx, sy) in CSS pixels of the pane; -1 for none. */
  at(sx: number, sy: number): number;
  /** What is to be seen now, at `dpr` device pixels per CSS pixel, without rings and all there. */
  still(dpr: number): readonly Shown[];
  dispose(): void;
}

/** @param root the map's element; told which rows' rings the pictures draw themselves */
export function pictureLayer(
  store: Store,
  view: ViewState,
  surface: Surface,
  stage: HTMLElement,
  root: HTMLElement,
  coding: ReadonlySignal<Coding>,
  colors: ReadonlySignal<Colors>,
): PictureLayer {
  const viewer = Symbol("pictures on the map");
  let painter: Painter | null = null;
  /** The pane in device pixels, and how many of these a CSS pixel has. */
  let painted: readonly [number, number, number] = [0, 0, 0];
  const choose = chooser();
  const softly = fade(view.motion);
  let shown: readonly Shown[] = [];
  /** Of these the focused and the hovered one, as they are drawn over the others. */
  let ringed: readonly Shown[] = [];
  const wish = wishes((rows) => store.thumbs.want(viewer, rows));
  let lastDrawn = Number.NaN;
  let movedAt = Number.NEGATIVE_INFINITY;
  let lastCamera = view.camera.peek();
  let lastRoom: Room = { size_px: 0, spacing_px: 0 };
  let last_px = 0;
  let layout: Layout | null = null;
  let glide: { from: Map<number, readonly [number, number, number]>; start: number } | null = null;
  let t = 1;

  /** Where a row is on its way to its place in the layout. */
  function placeOf(row: number): readonly [number, number, number] {
    if (layout === null) return [Number.NaN, Number.NaN, Number.NaN];
    const to = positionOf(layout.xy, layout.dims, row);
    const from = glide?.from.get(row);
    if (from === undefined || t === 1) return to;
    return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t];
  }

  function follow(next: Layout | null): void {
    const isSameRows =
      layout !== null && next !== null && layout.xy.length / layout.dims === next.xy.length / next.dims;
    const from = isSameRows ? new Map([...softly.there.keys()].map((row) => [row, placeOf(row)] as const)) : null;
    if (from === null) softly.clear();
    layout = next;
    glide = from !== null && from.size > 0 && view.motion(GLIDE_MS) > 0 ? { from, start: Number.NaN } : null;
    t = glide === null ? 1 : 0;
  }

  function advance(now: number): void {
    if (glide === null) return;
    if (Number.isNaN(glide.start)) glide.start = now;
    const share = Math.min(1, (now - glide.start) / GLIDE_MS);
    t = eased(share);
    if (share === 1) glide = null;
  }

  const isReady = (row: number) => typeof store.thumbs.get(row) === "object" && store.thumbs.get(row) !== null;

  /** With the points' renderer where a GPU draws, else on a canvas; a GPU may turn out to be none. */
  function painterNow(): Painter {
    if (painter?.kind === surface.kind()) return painter;
    painter?.dispose();
    painter = surface.kind() === "gpu" ? gpuPainter(surface.pictures) : canvasPainter(stage, surface);
    painted = [0, 0, 0];
    return painter;
  }

  function draw(now: number): boolean {
    const camera = view.camera.peek();
    const size = view.size.peek();
    const picture_px = store.traits.picture_px.peek();
    const bounds = view.bounds.peek();
    const dpr = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * dpr), Math.round(size.height * dpr)];
    const paint = painterNow();
    if (painted[0] !== width || painted[1] !== height || painted[2] !== dpr) paint.resize(width, height, dpr);
    painted = [width, height, dpr];
    const passed = Number.isNaN(lastDrawn) ? 0 : Math.min(50, now - lastDrawn);
    lastDrawn = now;
    advance(now);
    let more = glide !== null;
    const isDeep = layout?.dims === 3 || camera.yaw !== 0 || camera.pitch !== 0;
    const none = layout === null || bounds === null || picture_px === 0 || width === 0 || height === 0;
    const n = layout === null ? 0 : placedRows(store, layout);
    const room = roomOf(Math.max(1, picture_px), n, size, view.zoom.peek());
    const moving = camera !== lastCamera || room.size_px !== lastRoom.size_px || glide !== null;
    if (none) {
      softly.aim([]);
      more = wish.are([], now, "still") || more;
    } else if (glide === null) {
      const question = {
        layout: layout as Layout,
        bounds: bounds as NonNullable<typeof bounds>,
        hidden: store.hidden.peek(),
        selection: store.selection.peek(),
        camera,
        size,
        room,
        around_px: paint.kind === "cpu" && !isDeep ? AROUND_PX : 0,
        first: [store.focused.peek().row].filter((row) => row >= 0),
      };
      // Another size is another choice; those shown stay longer only while the camera moves.
      const shownNow = picture_px === last_px ? softly : { has: () => false };
      const movement = !moving ? "still" : paint.kind === "gpu" ? "moving" : "laboured";
      const look_ms = moving ? LOOK_MS[movement] : Math.max(LOOK_MS.still, RESTING_SHARE * passed);
      const { rows, isDone } = choose.rows(question, shownNow, look_ms);
      softly.aim(rows);
      more = wish.are(rows, now, movement) || !isDone;
    }
    more = softly.pass(passed, isReady) || more;
    shown = toDraw(room, dpr, softly.there);
    ringed = withRings();
    const isRinged = (row: number) => ringed.some((one) => one.row === row);
    root.dataset.framed = [
      isRinged(store.hovered.peek()) ? "hovered" : "",
      isRinged(store.focused.peek().row) ? "focused" : "",
    ].join(" ");
    stage.dataset.pictures = String(shown.length);
    stage.dataset.pictureSize = String(room.size_px);
    const line = Math.max(1, Math.round(dpr));
    if (picture_px === 0 && shown.length === 0) paint.rest();
    if (moving) movedAt = now;
    const covered = isDeep && now - movedAt >= REST_MS && shown.every(({ share }) => share === 1);
    more = more || (isDeep && now - movedAt < REST_MS);
    more = paint.paint(shown, ringed, { background: colors.peek().background, line, moving, covered }) || more;
    lastCamera = camera;
    lastRoom = room;
    last_px = picture_px;
    return more;
  }

  /** @param there how much of each row's picture is there */
  function toDraw(room: Room, dpr: number, there: Iterable<readonly [number, number]>): Shown[] {
    const size = view.size.peek();
    const through = lens(view.camera.peek(), size);
    const perSide = through.scale / Math.max(size.width, size.height);
    const { codes, lut } = coding.peek();
    const selection = store.preview.peek() ?? store.selection.peek();
    const lit = store.preview.peek() !== null || selection.count > 0 ? selection : null;
    const listed: { one: Shown; order: number }[] = [];
    for (const [row, share] of there) {
      const picture = store.thumbs.get(row);
      if (picture === null || typeof picture === "string" || share === 0) continue;
      const [sx, sy, depth, closer] = seenThrough(through, ...placeOf(row));
      if (!Number.isFinite(sx + sy)) continue;
      const grown = SMALL + (1 - SMALL) * share;
      const scale = (room.size_px * sizeSeen(closer) * dpr * grown) / Math.max(picture.width, picture.height);
      const width = Math.max(1, Math.round(picture.width * scale));
      const height = Math.max(1, Math.round(picture.height * scale));
      const isLit = lit === null || has(lit, row);
      const code = 4 * (codes[row] ?? 0);
      const one: Shown = {
        row,
        picture,
        left: Math.round(sx * dpr - width / 2),
        top: Math.round(sy * dpr - height / 2),
        width,
        height,
        depth: depthAt(depth * perSide) - BEFORE,
        color: [lut[code] ?? 128, lut[code + 1] ?? 128, lut[code + 2] ?? 128] as Rgb,
        frame: Math.round((lit !== null && isLit ? FRAME_PX.lit : FRAME_PX.plain) * dpr),
        ring: null,
        share,
        veil: isLit ? hazeSeen(closer) : VEIL,
      };
      listed.push({ one, order: depth });
    }
    return listed.sort((a, b) => (a.order === b.order ? 0 : a.order - b.order)).map(({ one }) => one);
  }

  /** Of the pictures shown the focused and, over it, the hovered one: unveiled, however far away they are. */
  function withRings(): Shown[] {
    const { text, accent } = colors.peek();
    const hovered = store.hovered.peek();
    const focused = store.focused.peek().row;
    const rings: [number, Rgb][] = [[hovered, text]];
    if (focused !== hovered) rings.unshift([focused, accent]);
    return rings.flatMap(([row, ring]) => {
      const one = shown.find((each) => each.row === row);
      return one === undefined ? [] : [{ ...one, ring, veil: 0 }];
    });
  }

  /** Hovered before and now: where neither is a picture a passing pointer costs no frame. */
  let last = -1;
  const stops = [
    effect(() => {
      follow(store.layout.value);
      surface.redraw();
    }),
    effect(() => {
      const rows = [last, store.hovered.value];
      last = store.hovered.value;
      if (shown.some(({ row }) => rows.includes(row))) surface.redraw();
    }),
    effect(() => {
      for (const seen of [store.hidden, store.selection, store.preview, store.focused, store.thumbs.arrived])
        seen.value;
      for (const seen of [store.traits.picture_px, view.camera, view.size, coding, colors]) seen.value;
      surface.redraw();
    }),
  ];
  const stopDrawing = surface.ahead(draw);
  return {
    at(sx, sy) {
      const dpr = window.devicePixelRatio || 1;
      const [x, y] = [sx * dpr, sy * dpr];
      for (const { row, left, top, width, height, share } of [...shown, ...ringed].reverse()) {
        if (share > 0.5 && x >= left && x < left + width && y >= top && y < top + height) return row;
      }
      return -1;
    },
    still(dpr) {
      const there = [...softly.there.keys()].filter((row) => softly.has(row)).map((row) => [row, 1] as const);
      return toDraw(lastRoom, dpr, there);
    },
    dispose() {
      for (const stop of stops) stop();
      stopDrawing();
      store.thumbs.want(viewer, []);
      painter?.dispose();
    },
  };
}
