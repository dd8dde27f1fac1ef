/** Pictures grow into the points as one zooms: nothing jumps, nothing pops, and what is shown stays while one comes closer. */

import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { codingOf } from "../../../src/map/coding";
import { FADE_MS } from "../../../src/map/pictures/fade";
import { pictureLayer } from "../../../src/map/pictures/layer";
import type { Shown } from "../../../src/map/pictures/paint";
import type { Surface } from "../../../src/map/surface";
import { viewState } from "../../../src/map/view_state";
import { positionOf, toScreen } from "../../../src/scatter/camera";
import type { Quads } from "../../../src/scatter/pictures";
import { fakeStore, seeded } from "../../fakeStore";

const SIZE = { width: 640, height: 480 };
const FRAME_MS = 16;
/** How much of its size a picture gains at most for each part by which the camera comes closer. */
const GAIN = 0.4;
/** Widths and places are whole device pixels. */
const WHOLE_PX = 1;

let clock = 0;
/** By how much the clock goes on whenever it is read: there is no end of time to look for pictures in, or hardly any. */
let slow_ms = 0;

beforeEach(() => {
  [clock, slow_ms] = [0, 0];
  vi.spyOn(performance, "now").mockImplementation(() => {
    clock += slow_ms;
    return clock;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

interface Setting {
  n?: number;
  dims?: 2 | 3;
  picture_px?: number;
  dpr?: number;
}

interface Frame {
  readonly now_ms: number;
  readonly shown: ReadonlyMap<number, Shown>;
  /** Where a row's point is, CSS pixels. */
  readonly at: (row: number) => readonly [number, number];
}

/** The pictures on a map, all of them decoded, as the GPU gets them frame by frame. */
function grown({ n = 20_000, dims = 2, picture_px = 56, dpr = 1 }: Setting) {
  vi.stubGlobal("devicePixelRatio", dpr);
  const fake = fakeStore(n, 8);
  if (dims === 3) {
    const random = seeded(5);
    const xy = Float32Array.from({ length: 3 * n }, () => random() - 0.5);
    fake.layout.value = { name: "space", revision: 1, dims, xy };
  }
  fake.traits.picture_px.value = picture_px;
  const [wide, high] = [
    { width: 160, height: 120 },
    { width: 90, height: 160 },
  ] as ImageBitmap[];
  const get = (row: number) => (row % 2 === 0 ? wide : high) as ImageBitmap;
  const store = { ...fake, thumbs: { get, want() {}, arrived: signal(0) } };
  const view = viewState(store);
  view.size.value = SIZE;
  view.reset();
  view.step(0);
  view.step(1000);
  let given: Quads | null = null;
  let draw = (_now: number) => false;
  const surface: Pick<Surface, "kind" | "pictures" | "ahead" | "redraw"> = {
    kind: () => "gpu",
    pictures: (quads) => {
      given = quads;
    },
    ahead(on) {
      draw = on;
      return () => undefined;
    },
    redraw() {},
  };
  const coding = signal(codingOf(store.color.value, n, "light"));
  const colors = signal({ theme: "light", background: [255, 255, 255], text: [0, 0, 0], accent: [0, 0, 0] } as const);
  const div = () => document.createElement("div");
  const layer = pictureLayer(store, view, surface as Surface, div(), div(), coding, colors);

  function frame(): Frame {
    clock += FRAME_MS;
    const now_ms = clock;
    draw(now_ms);
    const shown = new Map((given?.shown as readonly Shown[] | undefined)?.map((one) => [one.row, one]));
    const { xy, dims } = store.layout.peek() as NonNullable<typeof fake.layout.value>;
    const camera = view.camera.peek();
    return { now_ms, shown, at: (row) => toScreen(camera, SIZE, ...positionOf(xy, dims, row)) };
  }

  /** Until nothing changes any more. */
  function rest(): Frame {
    let last = frame();
    for (let i = 0; i < 40; i++) last = frame();
    return last;
  }
  return { view, layer, frame, rest };
}

const isOnPane = ([x, y]: readonly [number, number]) => x > 0 && x < SIZE.width && y > 0 && y < SIZE.height;

/** The largest side: what the size is told of. */
const sideOf = ({ width, height }: Shown) => Math.max(width, height);

/** Whether any of a picture is seen. */
const isSeen = (one: Shown | undefined, dpr = window.devicePixelRatio) =>
  one !== undefined &&
  one.left < SIZE.width * dpr &&
  one.top < SIZE.height * dpr &&
  one.left + one.width > 0 &&
  one.top + one.height > 0;

/** All that one sees come or go by more between two frames than their time allows. */
function popped(before: Frame, now: Frame): string[] {
  const most = (now.now_ms - before.now_ms) / FADE_MS + 1e-9;
  const found: string[] = [];
  for (const row of new Set([...before.shown.keys(), ...now.shown.keys()])) {
    if (!isSeen(before.shown.get(row)) && !isSeen(now.shown.get(row))) continue;
    const [was, is] = [before.shown.get(row)?.share ?? 0, now.shown.get(row)?.share ?? 0];
    if (Math.abs(is - was) > most) found.push(`${row}: ${was} → ${is}`);
  }
  return found;
}

/** Pictures whose size changed by more than the camera's step and what came or went of them account for. */
function jumped(before: Frame, now: Frame, step: number): string[] {
  const found: string[] = [];
  for (const [row, is] of now.shown) {
    const was = before.shown.get(row);
    if (was === undefined) continue;
    const grown = Math.abs(is.share - was.share) * 0.3;
    const most = (GAIN * Math.abs(Math.log(step)) + grown) * (sideOf(was) / (0.7 + 0.3 * was.share)) + WHOLE_PX;
    if (Math.abs(sideOf(is) - sideOf(was)) > most) found.push(`${row}: ${sideOf(was)} → ${sideOf(is)} px`);
  }
  return found;
}

/** Pictures that were coming or there and are less so, though their points are on the pane. */
function left(before: Frame, now: Frame): string[] {
  const found: string[] = [];
  for (const [row, { share }] of before.shown) {
    const is = now.shown.get(row)?.share ?? 0;
    if (is < share && isOnPane(now.at(row))) found.push(`${row}: ${share} → ${is}`);
  }
  return found;
}

const SETTINGS: [string, Setting][] = [
  ["few points", { n: 60 }],
  ["many points", {}],
  ["many points, small pictures", { picture_px: 12 }],
  ["many points, large pictures, two device pixels for one", { picture_px: 160, dpr: 2 }],
];

describe.each(SETTINGS)("on a flat map of %s", (_, setting) => {
  test.each([1.01, 1.04, 1.3])(
    "closer by %f each frame: what is shown stays, grows evenly and others come softly",
    (step) => {
      const { view, frame, rest } = grown(setting);
      let before = rest();
      const first = before.shown.size;
      expect(first).toBeGreaterThan(4);
      const seen = new Set(before.shown.keys());
      for (let zoom = 1; zoom < 400; zoom *= step) {
        view.zoomBy(step, 0.45 * SIZE.width, 0.6 * SIZE.height);
        const now = frame();
        expect(popped(before, now)).toEqual([]);
        expect(jumped(before, now, step)).toEqual([]);
        expect(left(before, now)).toEqual([]);
        for (const row of now.shown.keys()) seen.add(row);
        before = now;
      }
      if (setting.n === undefined) expect(seen.size).toBeGreaterThan(2 * first);
    },
  );

  test("farther and closer again: none goes or comes at once, and none jumps", () => {
    const { view, frame, rest } = grown(setting);
    view.zoomBy(60, 0.45 * SIZE.width, 0.6 * SIZE.height);
    let before = rest();
    for (const step of [...Array.from({ length: 240 }, () => 1 / 1.02), ...Array.from({ length: 120 }, () => 1.02)]) {
      view.zoomBy(step, 0.5 * SIZE.width, 0.5 * SIZE.height);
      const now = frame();
      expect(popped(before, now)).toEqual([]);
      expect(jumped(before, now, step)).toEqual([]);
      before = now;
    }
  });
});

test("a picture stays in the middle of its point's place all the way", () => {
  const { view, frame, rest } = grown({ dpr: 2 });
  rest();
  for (let i = 0; i < 120; i++) {
    view.zoomBy(1.04, 0.45 * SIZE.width, 0.6 * SIZE.height);
    const { shown, at } = frame();
    for (const { row, left, top, width, height } of shown.values()) {
      const [x, y] = at(row);
      expect(Math.abs(left + width / 2 - 2 * x)).toBeLessThanOrEqual(WHOLE_PX / 2 + 1e-6);
      expect(Math.abs(top + height / 2 - 2 * y)).toBeLessThanOrEqual(WHOLE_PX / 2 + 1e-6);
    }
  }
});

test("where looking for pictures takes many frames they still come and go softly, and stay while one comes closer", () => {
  const { view, frame, rest } = grown({ n: 60_000 });
  let before = rest();
  slow_ms = 3;
  let late = 0;
  for (let zoom = 1; zoom < 200; zoom *= 1.03) {
    view.zoomBy(1.03, 0.45 * SIZE.width, 0.6 * SIZE.height);
    const now = frame();
    expect(popped(before, now)).toEqual([]);
    expect(left(before, now)).toEqual([]);
    if ([...now.shown.keys()].every((row) => before.shown.has(row))) late++;
    before = now;
  }
  expect(late, "frames without a new picture").toBeGreaterThan(20);
});

test("in depth none goes or comes at once, not even before the eye", () => {
  const { view, frame, rest } = grown({ dims: 3 });
  let before = rest();
  for (let zoom = 1; zoom < 100; zoom *= 1.02) {
    view.zoomBy(1.02, 0.5 * SIZE.width, 0.5 * SIZE.height);
    const now = frame();
    expect(popped(before, now)).toEqual([]);
    before = now;
  }
});

test("a camera that is elsewhere at once takes all pictures with it softly", () => {
  const { view, frame, rest } = grown({});
  let before = rest();
  const first = new Set(before.shown.keys());
  view.zoomBy(9, 0.4 * SIZE.width, 0.7 * SIZE.height);
  for (let i = 0; i < 12; i++) {
    const now = frame();
    expect(popped(before, now)).toEqual([]);
    before = now;
  }
  expect([...before.shown.keys()].filter((row) => !first.has(row)).length).toBeGreaterThan(8);
});
