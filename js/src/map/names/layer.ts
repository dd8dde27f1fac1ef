/** The names of the categories on the map: at most one each, where most of its points are. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { combined } from "../../bitmask";
import { css } from "../../palette";
import { type Camera, lens, type Size, seenThrough } from "../../scatter/camera";
import type { Mode, RowMask, Store } from "../../store";
import { type Coding, type Counts, countsOf, type Entry, rowsWithCode } from "../coding";
import { nameShown } from "../legend_list";
import { modeOf } from "../mode";
import { roomOf } from "../pictures/size";
import type { Surface } from "../surface";
import { placedRows, type ViewState } from "../view_state";
import { type Anchor, anchorsOf } from "./anchors";
import { answerGroups } from "./group";
import { type Label, mostNames, placedNames, type Rect } from "./place";

/** The camera has come to rest when it did not move for so long; only then do names look for better places. */
const REST_MS = 150;
const HOVER_MS = 120;
const MOST_WIDE_PX = 150;
const HIGH_PX = 18;
/** Of so much is one pressed by a finger, so none stands nearer to another. */
const TOUCH_HIGH_PX = 44;
/** Left and right of the text, the dot included. */
const ROOM_PX = 17;
/** Of more rows than this it is looked for only once they are selected who has some of them, not while a lasso is drawn. */
const MOST_LIVE = 200_000;
/** A name of so few images in view stands on one of them, as good as: under its picture, be that as far away as it is. */
const FEW = 3;
/** Of more images it stands amid them, and goes no farther out of the way of a picture. */
const ASIDE_PX = 40;
/** As in names.css. */
const FADE_MS = 120;

/** The names take no press of their own: one that begins on a name may become a drag of the map below. */
export interface Names {
  /** Whether something on the page is a name, or part of one. */
  has(target: EventTarget | null): boolean;
  /** A click on it selects its category; false when it was on no name. */
  press(target: EventTarget | null, mode: Mode): boolean;
  dispose(): void;
}

/**
 * @param stage holds the names, over its pictures, and takes their presses
 * @param pictured the row whose picture is drawn over the points at (sx, sy), or -1
 */
export function namesLayer(
  store: Store,
  view: ViewState,
  surface: Surface,
  root: HTMLElement,
  stage: HTMLElement,
  coding: ReadonlySignal<Coding>,
  pictured: (sx: number, sy: number) => number,
): Names {
  const box = document.createElement("div");
  box.className = "pt-map-names";
  stage.append(box);
  const made = new Map<number, { button: HTMLButtonElement; goes: number }>();
  const widths = new Map<string, number>();
  const measure = document.createElement("canvas").getContext("2d");
  let shown = new Set<number>();
  let anchors = new Map<number, Anchor>();
  let isStale = true;
  let drawnCamera: Camera | null = null;
  let movedAt = Number.NEGATIVE_INFINITY;
  let timer = 0;
  let restTimer = 0;
  let edges: readonly Rect[] | null = null;
  /** The rows that are vivid while the others step back, and how many of them each category has. */
  let lit: RowMask | null = null;
  let litOf: Counts | null = null;
  let litCoding: Coding | null = null;

  function widthOf(name: string): number {
    let width = widths.get(name);
    if (width === undefined) {
      if (measure !== null) measure.font = `600 12px ${getComputedStyle(root).fontFamily}`;
      width = Math.min(MOST_WIDE_PX, Math.ceil(measure?.measureText(name).width ?? 7 * name.length)) + ROOM_PX;
      widths.set(name, width);
    }
    return width;
  }

  function rowsOf(entry: Entry): RowMask {
    return entry.rows ?? rowsWithCode(coding.peek().exact, entry.code);
  }

  function entryAt(target: EventTarget | null): Entry | null {
    if (!(target instanceof Node)) return null;
    const found = [...made].find(([, { button }]) => button.contains(target));
    return found === undefined ? null : (coding.peek().entries[found[0] - 1] ?? null);
  }

  answerGroups(box, (target) => {
    const entry = entryAt(target);
    return entry === null ? null : { column: coding.peek().title, name: entry.name, rows: rowsOf(entry) };
  });

  function hoverEnds(): void {
    clearTimeout(timer);
    if (timer !== 0) store.setPreview(null);
    timer = 0;
  }

  function make(entry: Entry): HTMLButtonElement {
    const button = document.createElement("button");
    const name = nameShown(entry.name);
    button.type = "button";
    button.className = "pt-map-name";
    button.tabIndex = -1;
    button.title = `${name}: click selects them; shift adds, alt takes away`;
    const dot = document.createElement("span");
    dot.className = "pt-map-name-dot";
    const text = document.createElement("span");
    text.className = "pt-map-name-text";
    text.textContent = name;
    button.append(dot, text);
    button.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "mouse" || event.buttons !== 0) return;
      timer = window.setTimeout(() => {
        store.setPreview(combined(store.selection.peek(), rowsOf(entry), modeOf(event)));
      }, HOVER_MS);
    });
    button.addEventListener("pointerleave", hoverEnds);
    box.append(button);
    return button;
  }

  /** What lies over the map at its edges. */
  function blocked(): Rect[] {
    const frame = root.getBoundingClientRect();
    return [...root.querySelectorAll(".pt-map-legend, .pt-map-toolgroup, .pt-map-note, .pt-map-mini")].flatMap(
      (one) => {
        const { left, top, right, bottom, width } = one.getBoundingClientRect();
        if (width === 0) return [];
        return [
          { left: left - frame.left, top: top - frame.top, right: right - frame.left, bottom: bottom - frame.top },
        ];
      },
    );
  }

  /** How far under its point a name stands so that it does not lie on the picture there. */
  function belowPictures(n: number, size: Size): number {
    const picture_px = store.traits.picture_px.peek();
    return picture_px === 0 ? 0 : (roomOf(picture_px, n, size, view.zoom.peek()).size_px + HIGH_PX) / 2;
  }

  /** Names step back with their points. */
  function count(): void {
    const preview = store.preview.peek();
    const selection = store.selection.peek();
    const now = preview ?? (selection.count > 0 ? selection : null);
    if (now === lit && coding.peek() === litCoding) return;
    if (preview !== null && preview.count > MOST_LIVE) return;
    lit = now;
    litCoding = coding.peek();
    litOf = lit === null ? null : countsOf(litCoding, lit);
  }

  /** CSS pixels at which a pixel of the screen begins: between two of them text would be blurred. */
  const whole = (px: number) => Math.round(px * devicePixelRatio) / devicePixelRatio;

  function clear(): void {
    hoverEnds();
    for (const { button } of made.values()) button.remove();
    made.clear();
    shown = new Set();
    anchors = new Map();
  }

  function draw(now: number, isWhole: boolean): boolean {
    const layout = store.layout.peek();
    const { exact, entries } = coding.peek();
    const size = view.size.peek();
    const camera = view.camera.peek();
    if (!store.traits.names_shown.peek() || layout === null || entries.length === 0 || size.width === 0) {
      if (made.size > 0) clear();
      return false;
    }
    if (camera !== drawnCamera) movedAt = now;
    drawnCamera = camera;
    const through = lens(camera, size);
    const isResting = now - movedAt >= REST_MS;
    // Looking where they belong takes a frame's time: the points are painted first.
    if (isStale && isResting && (isWhole || anchors.size > 0)) {
      isStale = false;
      const { xy, dims } = layout;
      if (exact.length * dims === xy.length) {
        const points = { xy, dims, codes: exact, hidden: store.hidden.peek() };
        anchors = anchorsOf(points, through, size, entries.length, anchors);
      }
    }
    const labels = new Map<number, Label>();
    const height = matchMedia("(pointer: coarse)").matches ? TOUCH_HIGH_PX : HIGH_PX;
    const below_px = belowPictures(placedRows(store, layout), size);
    for (const { code, at, count } of anchors.values()) {
      const entry = entries[code - 1];
      const [x, y] = seenThrough(through, ...at);
      if (entry === undefined || !Number.isFinite(x + y)) continue;
      const width = widthOf(nameShown(entry.name));
      const gives = (count <= FEW || below_px <= ASIDE_PX) && pictured(x, y) >= 0;
      const down = gives ? below_px : 0;
      labels.set(code, { code, x, y: y + down, width, height, importance: count });
    }
    if (isResting || edges === null) edges = blocked();
    const codes = placedNames([...labels.values()], edges, size, mostNames(view.zoom.peek()), shown);
    shown = new Set(codes);
    count();
    let fades = false;
    for (const code of codes) {
      const known = made.get(code);
      if (known === undefined) made.set(code, { button: make(entries[code - 1] as Entry), goes: Number.NaN });
      else known.goes = Number.NaN;
    }
    for (const [code, one] of made) {
      const label = labels.get(code);
      if (label !== undefined) {
        const { x, y, width } = label;
        one.button.style.transform = `translate(${whole(x - width / 2)}px, ${whole(y - HIGH_PX / 2)}px)`;
        const entry = entries[code - 1] as Entry;
        one.button.style.setProperty("--pt-dot", css(entry.color));
        one.button.classList.toggle("pt-apart", litOf !== null && litOf(entry) === 0);
      }
      const isShown = shown.has(code);
      one.button.classList.toggle("pt-going", !isShown);
      if (isShown) continue;
      if (Number.isNaN(one.goes)) one.goes = now + view.motion(FADE_MS);
      if (now < one.goes) fades = true;
      else {
        one.button.remove();
        made.delete(code);
      }
    }
    root.dataset.names = String(codes.length);
    if (isStale && restTimer === 0) {
      restTimer = window.setTimeout(
        () => {
          restTimer = 0;
          surface.redraw();
        },
        isResting ? REST_MS : movedAt + REST_MS - now,
      );
    }
    return fades;
  }

  let words = "";
  const stops = [
    effect(() => {
      const { title, entries } = coding.value;
      store.layout.value;
      store.hidden.value;
      const now = `${title}\n${entries.map(({ name }) => name).join("\n")}`;
      if (now !== words) {
        clear();
        drawnCamera = null;
      }
      words = now;
      isStale = true;
      surface.redraw();
    }),
    effect(() => {
      view.camera.value;
      view.size.value;
      store.traits.names_shown.value;
      isStale = true;
      surface.redraw();
    }),
    effect(() => {
      store.selection.value;
      store.preview.value;
      surface.redraw();
    }),
  ];
  const stopDrawing = surface.alongside(draw);
  return {
    has: (target) => target instanceof Node && box.contains(target),
    press(target, mode) {
      const entry = entryAt(target);
      if (entry === null) return false;
      hoverEnds();
      store.select(rowsOf(entry), mode);
      return true;
    },
    dispose() {
      for (const stop of stops) stop();
      stopDrawing();
      clearTimeout(restTimer);
      clear();
      box.remove();
    },
  };
}
