import { describe, expect, test, vi } from "vitest";
import { maskOf, rowsOf } from "../../src/bitmask";
import { outlineOnPane } from "../../src/map/outline";
import { overlay } from "../../src/map/overlay";
import { outlineDrag, selectDrag } from "../../src/map/select_drag";
import { viewState } from "../../src/map/view_state";
import { orbited, toScreen } from "../../src/scatter/camera";
import type { Outline } from "../../src/store";
import { fakeStore } from "../fakeStore";

const SIZE = { width: 400, height: 300 };

/** Nine points, three by three, 100 px apart, the middle one in the middle of the pane. */
function nine(dims: 2 | 3 = 2) {
  const store = fakeStore(9, 3);
  const places = Array.from({ length: 9 }, (_, row) => [(row % 3) - 1, Math.floor(row / 3) - 1, 0].slice(0, dims));
  store.layout.value = { name: "umap", revision: 2, dims, xy: Float32Array.from(places.flat()) };
  const view = viewState(store);
  view.size.value = SIZE;
  view.camera.value = { x: 0, y: 0, z: 0, scale: 100, yaw: 0, pitch: 0 };
  const el = document.createElement("div");
  const over = overlay(store, view, el, () => 3);
  const selected = () => Array.from(rowsOf(store.selection.peek()));
  return { store, view, over, selected };
}

type Setup = ReturnType<typeof nine>;

function box(
  { store, view, over }: Setup,
  from: [number, number],
  to: [number, number],
  mode: "replace" | "add" = "replace",
) {
  const drag = selectDrag(store, view, over, "box", ...from, mode);
  drag.move(...to, mode);
  drag.end(true);
}

describe("an outline", () => {
  test("stays with the selection it made, moves with the camera, and selects anew where it is dragged to", () => {
    const map = nine();
    box(map, [90, 90], [110, 310]);
    expect(map.selected()).toEqual([0, 3]);
    const outline = map.store.outline.peek() as Outline;
    const before = outlineOnPane(outline, map.view.camera.peek(), SIZE);
    map.view.pan(30, 0);
    expect(outlineOnPane(outline, map.view.camera.peek(), SIZE)[0]).toBeCloseTo((before[0] as number) + 30, 9);
    const drag = outlineDrag(map.store, map.view, map.over, outline, 120, 150);
    drag.move(220, 150, "replace");
    drag.end(true);
    expect(map.selected()).toEqual([1, 4]);
    const moved = outlineOnPane(map.store.outline.peek() as Outline, map.view.camera.peek(), SIZE);
    expect(moved[0]).toBeCloseTo((before[0] as number) + 130, 9);
  });

  test("that added to a selection goes on adding to the selection before it", () => {
    const map = nine();
    map.store.select([8], "replace");
    box(map, [90, 90], [110, 310], "add");
    expect(map.selected()).toEqual([0, 3, 8]);
    const drag = outlineDrag(map.store, map.view, map.over, map.store.outline.peek() as Outline, 100, 200);
    drag.move(200, 200, "replace");
    drag.end(true);
    expect(map.selected()).toEqual([1, 4, 8]);
  });

  test("around nothing does not stay; a drag given up changes nothing", () => {
    const map = nine();
    box(map, [90, 90], [110, 310]);
    const drag = outlineDrag(map.store, map.view, map.over, map.store.outline.peek() as Outline, 100, 200);
    drag.move(200, 200, "replace");
    drag.cancel();
    expect(map.selected()).toEqual([0, 3]);
    expect(map.store.preview.peek()).toBeNull();
    box(map, [110, 110], [140, 140]);
    expect(map.selected()).toEqual([]);
    expect(map.store.outline.peek()).toBeNull();
  });
});

test("the brush selects what it touches, a dab too, and leaves out what is hidden", () => {
  const map = nine();
  const paint = (...path: [number, number][]) => {
    const [first, ...rest] = path as [[number, number], ...[number, number][]];
    const drag = selectDrag(map.store, map.view, map.over, "brush", ...first, "replace");
    for (const place of rest) drag.move(...place, "replace");
    drag.end(rest.length > 0);
  };
  paint([105, 145]);
  expect(map.selected()).toEqual([3]);
  paint([60, 160], [340, 160]);
  expect(map.selected()).toEqual([3, 4, 5]);
  map.store.setFilters([{ column: "label", hide: ["bicycle"], missing: false }]);
  const hidden = map.store.hidden.peek() ?? maskOf(9, []);
  paint([60, 160], [340, 160]);
  expect(map.selected()).toEqual([3, 4, 5].filter((row) => !Array.from(rowsOf(hidden)).includes(row)));
  expect(map.store.outline.peek()).toBeNull();
});

test("on a turned map it is what is seen inside that is selected", () => {
  const map = nine(3);
  map.view.camera.value = orbited(map.view.camera.peek(), 0.9, 0.4);
  const [sx, sy] = toScreen(map.view.camera.peek(), SIZE, 1, 0, 0);
  box(map, [sx - 9, sy - 9], [sx + 9, sy + 9]);
  expect(map.selected()).toEqual([5]);
});

test("in space a box takes the foremost of what lies in it, and what is behind too where that is asked for", () => {
  const map = nine(3);
  // One line of sight through the middle: 3 in front, 4 in the middle, 5 behind.
  const xy = Float32Array.from({ length: 27 }, (_, i) => (((i / 3) | 0) % 3 === 0 && i % 3 === 2 ? 0 : 50));
  for (const [row, z] of [
    [3, 5],
    [4, 0],
    [5, -5],
  ] as const)
    xy.set([0, 0, z], 3 * row);
  map.store.layout.value = { name: "umap-3d", revision: 3, dims: 3, xy };
  box(map, [150, 100], [250, 200]);
  expect(map.selected()).toEqual([3]);
  map.view.behindToo.value = true;
  box(map, [150, 100], [250, 200]);
  expect(map.selected()).toEqual([3, 4, 5]);
});

test("of very many rows in space all are looked at over some frames before the first light, and at once on release", () => {
  const n = 450_000;
  const store = fakeStore(n, 3);
  const xy = Float32Array.from({ length: 3 * n }, (_, i) => ((i * 7919) % 2001) / 1000 - 1);
  store.layout.value = { name: "umap-3d", revision: 2, dims: 3, xy };
  const view = viewState(store);
  view.size.value = SIZE;
  view.camera.value = { x: 0, y: 0, z: 0, scale: 100, yaw: 0.3, pitch: 0.1 };
  const over = overlay(store, view, document.createElement("div"), () => 3);
  const waiting: FrameRequestCallback[] = [];
  const frames = vi.spyOn(window, "requestAnimationFrame").mockImplementation((run) => waiting.push(run));
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 10));
  const drawn = () => {
    const drag = selectDrag(store, view, over, "box", 100, 80, "replace");
    drag.move(300, 220, "replace");
    return drag;
  };
  const slow = drawn();
  let count = 0;
  while (store.preview.peek() === null && count < 20) {
    waiting.shift()?.(0);
    count++;
  }
  expect(count).toBe(5);
  const lit = store.preview.peek()?.count;
  expect(lit).toBeGreaterThan(1000);
  slow.cancel();
  drawn().end(true);
  expect(store.selection.peek().count).toBe(lit);
  frames.mockRestore();
  clock.mockRestore();
});
