/** Mouse, wheel, keys and fingers on a map: what they do to the camera and the selection. happy-dom lays nothing out. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rowsOf } from "../../src/bitmask";
import { cameraFollows } from "../../src/map/follow";
import { gestures } from "../../src/map/gestures";
import { mapKeys } from "../../src/map/keys";
import { overlay } from "../../src/map/overlay";
import { picking } from "../../src/map/picking";
import { keepCamera, restored, saved } from "../../src/map/saved_camera";
import { viewState } from "../../src/map/view_state";
import { positionOf, TURNED, toScreen } from "../../src/scatter/camera";
import { fakeStore, seeded } from "../fakeStore";

const N = 400;
const SIZE = { width: 500, height: 300 };
const ends: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.useRealTimers();
  document.body.replaceChildren();
});

/** A map of N points without its canvas, fitted into a pane. */
function mounted(dims: 2 | 3, store = fakeStore(N, 3)) {
  const random = seeded(3);
  const xy = Float32Array.from({ length: N * dims }, () => 10 * random());
  store.layout.value = { name: dims === 3 ? "umap-3d" : "umap", revision: 1, dims, xy };
  const root = document.createElement("div");
  root.tabIndex = 0;
  const stage = document.createElement("div");
  stage.setPointerCapture = () => undefined;
  root.append(stage);
  document.body.append(root);
  const view = viewState(store);
  view.size.value = SIZE;
  const over = overlay(store, view, root, () => 3);
  const hands = gestures(
    store,
    view,
    over,
    stage,
    root,
    picking(
      store,
      view,
      () => 3,
      () => -1,
    ),
    { has: () => false, press: () => false, dispose: () => undefined },
  );
  ends.push(
    cameraFollows(store, view),
    keepCamera(store, view),
    mapKeys(store, view, hands, root),
    hands.dispose,
    over.dispose,
  );
  const fire = (type: string, x: number, y: number, more: PointerEventInit = {}) =>
    stage.dispatchEvent(
      new PointerEvent(type, {
        clientX: x,
        clientY: y,
        button: 0,
        pointerId: 1,
        bubbles: true,
        cancelable: true,
        ...more,
      }),
    );
  const drag = (from: [number, number], to: [number, number], more: PointerEventInit = {}) => {
    fire("pointerdown", ...from, more);
    fire("pointermove", (from[0] + to[0]) / 2, (from[1] + to[1]) / 2, more);
    fire("pointermove", ...to, more);
    fire("pointerup", ...to, more);
  };
  const press = (key: string, more: KeyboardEventInit = {}) =>
    root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const land = () => {
    for (let now = 0; view.step(now); now += 100);
  };
  const drawn = () => root.querySelector(".pt-map-outline")?.getAttribute("d") ?? "";
  const on = (row: number) => toScreen(view.camera.peek(), SIZE, ...positionOf(xy, dims, row));
  return { store, view, fire, drag, press, land, on, drawn, xy };
}

describe("a flat map", () => {
  test("is panned by a drag and by the arrows, and never turned", () => {
    const { view, drag, press } = mounted(2);
    const before = view.camera.peek();
    drag([100, 100], [140, 90]);
    expect(view.camera.peek().x).toBeCloseTo(before.x - 40 / before.scale, 9);
    expect(view.camera.peek().y).toBeCloseTo(before.y - 10 / before.scale, 9);
    press("ArrowLeft");
    expect(view.camera.peek()).toMatchObject({ z: 0, yaw: 0, pitch: 0, scale: before.scale });
    view.orbit(50, 50);
    expect(view.camera.peek()).toMatchObject({ yaw: 0, pitch: 0 });
  });

  test("leaves the right button to the host", () => {
    const { view, drag, fire } = mounted(2);
    const before = view.camera.peek();
    drag([100, 100], [140, 90], { button: 2 });
    expect(view.camera.peek()).toBe(before);
    expect(fire("contextmenu", 100, 100)).toBe(true);
  });
});

describe("a map in space", () => {
  test("is seen a little from the side first, and as a whole", () => {
    const { view } = mounted(3);
    expect(view.camera.peek()).toMatchObject(TURNED);
    expect(view.camera.peek()).toEqual(view.fitted.peek());
    expect(view.moved.peek()).toBe(false);
  });

  test("a drag turns it: half the shorter side is a quarter turn; up and down stop at the poles", () => {
    const { view, drag, press } = mounted(3);
    const { x, y, z, scale } = view.camera.peek();
    drag([100, 100], [250, 100]);
    expect(view.camera.peek().yaw).toBeCloseTo(TURNED.yaw + Math.PI / 2, 6);
    drag([100, 10], [100, 290]);
    expect(view.camera.peek()).toMatchObject({ x, y, z, scale, pitch: Math.PI / 2 });
    press("ArrowUp");
    expect(view.camera.peek().pitch).toBeLessThan(Math.PI / 2);
  });

  test("the right and the middle button, space and shift with the arrows pan it", () => {
    const { view, drag, press, fire } = mounted(3);
    const pans = (move: () => void) => {
      const before = view.camera.peek();
      const [sx, sy] = toScreen(before, SIZE, before.x, before.y, before.z);
      move();
      const after = view.camera.peek();
      expect(after).toMatchObject({ yaw: before.yaw, pitch: before.pitch });
      const [tx, ty] = toScreen(after, SIZE, before.x, before.y, before.z);
      return [tx - sx, ty - sy].map(Math.round);
    };
    expect(pans(() => drag([100, 100], [130, 120], { button: 2 }))).toEqual([30, 20]);
    expect(pans(() => drag([100, 100], [130, 120], { button: 1 }))).toEqual([30, 20]);
    expect(pans(() => press("ArrowLeft", { shiftKey: true }))).toEqual([60, 0]);
    press(" ");
    expect(pans(() => drag([100, 100], [90, 100]))).toEqual([-10, 0]);
    expect(fire("contextmenu", 100, 100)).toBe(false);
  });

  test("the wheel keeps the hovered point under the pointer, however far back it is", () => {
    const { store, view, fire, on } = mounted(3);
    const row = 17;
    const [sx, sy] = on(row);
    fire("pointerenter", sx, sy);
    fire("pointermove", sx, sy);
    const hovered = store.hovered.peek();
    expect(hovered).toBeGreaterThanOrEqual(0);
    const [hx, hy] = on(hovered);
    const scale = view.camera.peek().scale;
    vi.advanceTimersByTime(1000);
    for (let turn = 0; turn < 5; turn++) {
      const wheel = new WheelEvent("wheel", {
        clientX: sx,
        clientY: sy,
        deltaY: -120,
        ctrlKey: true,
        bubbles: true,
        cancelable: true,
      });
      document.querySelector("div > div")?.dispatchEvent(wheel);
      expect(wheel.defaultPrevented).toBe(true);
    }
    expect(view.camera.peek().scale).toBeGreaterThan(scale * 2);
    expect(on(hovered)[0]).toBeCloseTo(hx, 3);
    expect(on(hovered)[1]).toBeCloseTo(hy, 3);
  });

  test("F keeps the side it is seen from, R goes back to the first sight, a double click on nothing fits", () => {
    const { view, drag, press, land, fire, on } = mounted(3);
    drag([100, 100], [160, 130]);
    const { yaw, pitch } = view.camera.peek();
    press("+");
    press("f");
    land();
    expect(view.camera.peek()).toMatchObject({ yaw, pitch });
    const places = Array.from({ length: N }, (_, row) => on(row));
    expect(
      Math.min(...places.map(([sx]) => sx / SIZE.width), ...places.map(([, sy]) => sy / SIZE.height)),
    ).toBeGreaterThan(0.049);
    expect(
      Math.max(...places.map(([sx]) => sx / SIZE.width), ...places.map(([, sy]) => sy / SIZE.height)),
    ).toBeLessThan(0.951);
    press("r");
    land();
    expect(view.camera.peek()).toEqual(view.fitted.peek());
    press("+");
    fire("dblclick", 1, 1);
    land();
    expect(view.camera.peek()).toEqual(view.fitted.peek());
  });

  test("a double click on a point makes it the middle", () => {
    const { store, view, fire, land, on, xy } = mounted(3);
    const [sx, sy] = on(9);
    fire("pointermove", sx, sy);
    const row = store.hovered.peek();
    fire("dblclick", sx, sy);
    land();
    const [x, y, z] = positionOf(xy, 3, row);
    expect(view.camera.peek()).toMatchObject({ x, y, z });
  });

  test("its lasso takes what is seen inside, also behind where that is asked for, and a click what is in front", () => {
    const { store, view, fire, drag, on, xy } = mounted(3);
    view.behindToo.value = true;
    const shift = { shiftKey: true };
    fire("pointerdown", 200, 100, shift);
    for (const [x, y] of [
      [300, 100],
      [300, 200],
      [200, 200],
    ] as const)
      fire("pointermove", x, y, shift);
    fire("pointerup", 200, 200, shift);
    const inside = Array.from({ length: N }, (_, row) => row).filter((row) => {
      const [sx, sy] = toScreen(view.camera.peek(), SIZE, ...positionOf(xy, 3, row));
      return sx > 200 && sx < 300 && sy > 100 && sy < 200;
    });
    expect(inside.length).toBeGreaterThan(5);
    expect(Array.from(rowsOf(store.selection.peek()))).toEqual(inside);
    const [sx, sy] = on(5);
    drag([sx, sy], [sx, sy]);
    const [picked] = Array.from(rowsOf(store.selection.peek())) as [number];
    const [px, py] = on(picked);
    expect(Math.hypot(px - sx, py - sy)).toBeLessThan(8);
  });
});

describe("fingers", () => {
  const touch = { pointerType: "touch" };

  test("one pans, two pan and zoom, a tap clicks", () => {
    const { store, view, drag, fire, on } = mounted(2);
    const before = view.camera.peek();
    drag([100, 100], [160, 100], touch);
    expect(view.camera.peek().x).toBeCloseTo(before.x - 60 / before.scale, 9);
    fire("pointerdown", 100, 100, touch);
    fire("pointerdown", 200, 100, { ...touch, pointerId: 2 });
    fire("pointermove", 300, 100, { ...touch, pointerId: 2 });
    fire("pointerup", 300, 100, { ...touch, pointerId: 2 });
    fire("pointerup", 100, 100, touch);
    expect(view.camera.peek().scale).toBeCloseTo(2 * before.scale, 6);
    const [sx, sy] = on(9);
    drag([sx, sy], [sx + 5, sy], touch);
    expect(store.selection.peek().count).toBe(1);
  });

  test("of two that pinch the one that stays goes on panning, and clicks nothing", () => {
    const { store, view, fire, on } = mounted(2);
    fire("pointerdown", 100, 100, touch);
    fire("pointerdown", 200, 100, { ...touch, pointerId: 2 });
    fire("pointermove", 120, 110, touch);
    fire("pointerup", 200, 100, { ...touch, pointerId: 2 });
    const before = view.camera.peek();
    const [sx, sy] = on(9);
    fire("pointermove", 180, 110, touch);
    expect(view.camera.peek().x).toBeCloseTo(before.x - 60 / before.scale, 9);
    expect(view.camera.peek().scale).toBe(before.scale);
    fire("pointermove", sx, sy, touch);
    fire("pointerup", sx, sy, touch);
    expect(store.selection.peek().count).toBe(0);
  });

  test("one that rests shows the card of its point, and selects nothing when it leaves", () => {
    const { store, view, fire, on } = mounted(2);
    const [sx, sy] = on(9);
    fire("pointerdown", sx, sy, touch);
    vi.advanceTimersByTime(600);
    expect(store.hovered.peek()).toBe(9);
    expect(view.inside.peek()).toBe(true);
    fire("pointerup", sx, sy, touch);
    fire("pointerleave", sx, sy, touch);
    expect(store.selection.peek().count).toBe(0);
    expect(store.hovered.peek()).toBe(9);
    fire("pointerdown", 2, 2, touch);
    expect(store.hovered.peek()).toBe(-1);
  });

  test("one that rests and then moves draws a lasso", () => {
    const { store, view, fire, drawn, xy } = mounted(2);
    const before = view.camera.peek();
    fire("pointerdown", 200, 100, touch);
    expect(drawn()).toBe("");
    vi.advanceTimersByTime(600);
    expect(drawn(), "a ring around the finger says that it draws now").toMatch(/^M232 100L/);
    for (const [x, y] of [
      [300, 100],
      [300, 200],
      [200, 200],
    ] as const)
      fire("pointermove", x, y, touch);
    expect(drawn()).toMatch(/^M200 100L300 100L/);
    fire("pointerup", 200, 200, touch);
    expect(drawn()).toBe("");
    expect(view.camera.peek()).toBe(before);
    const inside = Array.from({ length: N }, (_, row) => row).filter((row) => {
      const [sx, sy] = toScreen(before, SIZE, xy[2 * row] as number, xy[2 * row + 1] as number);
      return sx > 200 && sx < 300 && sy > 100 && sy < 200;
    });
    expect(inside.length).toBeGreaterThan(5);
    expect(Array.from(rowsOf(store.selection.peek()))).toEqual(inside);
  });
});

describe("going to rows", () => {
  for (const dims of [2, 3] as const) {
    test(`Z shows what is selected, all of it and close; dims ${dims}`, () => {
      const { store, view, press, land, on } = mounted(dims);
      store.select([3, 8], "replace");
      press("z");
      land();
      for (const row of [3, 8]) {
        const [sx, sy] = on(row);
        expect(sx).toBeGreaterThan(0);
        expect(sx).toBeLessThan(SIZE.width);
        expect(sy).toBeGreaterThan(0);
        expect(sy).toBeLessThan(SIZE.height);
      }
      store.select([3], "replace");
      press("z");
      land();
      expect(on(3)[0]).toBeCloseTo(SIZE.width / 2, 3);
      expect(view.zoom.peek()).toBeGreaterThan(5);
    });
  }

  test("rows wanted elsewhere are gone to once, and a view made later does not follow", () => {
    const { store, land, on } = mounted(2);
    store.zoomTo([7]);
    land();
    expect(on(7)[1]).toBeCloseTo(SIZE.height / 2, 3);
    const later = mounted(2, store);
    expect(later.view.moved.peek()).toBe(false);
  });
});

describe("the camera that is kept", () => {
  test("does not depend on the pane", () => {
    const camera = { x: 1, y: 2, z: 3, scale: 60, yaw: 0.4, pitch: -0.2 };
    const kept = saved(camera, SIZE, "umap-3d");
    expect(kept).toEqual({ layout: "umap-3d", x: 1, y: 2, z: 3, span: 5, yaw: 0.4, pitch: -0.2 });
    expect(restored(kept, SIZE)).toEqual(camera);
    expect(restored(kept, { width: 600, height: 900 }).scale).toBe(120);
  });

  test("is that of the last movement; a new view starts from it, an open one keeps its own", () => {
    const { store, view, drag } = mounted(3);
    expect(store.traits.camera.peek()).toBeNull();
    const open = mounted(3, store);
    drag([100, 100], [160, 120]);
    expect(store.traits.camera.peek()).toBeNull();
    vi.advanceTimersByTime(1000);
    expect(store.traits.camera.peek()).toEqual(saved(view.camera.peek(), SIZE, "umap-3d"));
    expect(open.view.camera.peek()).toEqual(open.view.fitted.peek());
    const later = mounted(3, store);
    expect(later.view.camera.peek().yaw).toBeCloseTo(view.camera.peek().yaw, 9);
    expect(later.view.moved.peek()).toBe(true);
    open.view.fit();
    vi.advanceTimersByTime(1000);
    expect(store.traits.camera.peek()).toEqual(saved(view.camera.peek(), SIZE, "umap-3d"));
    view.fit();
    vi.advanceTimersByTime(1000);
    expect(store.traits.camera.peek()).toBeNull();
  });

  test("of another layout is not taken, and stays", () => {
    const store = fakeStore(N, 3);
    store.traits.camera.value = { layout: "pca", x: 9, y: 9, z: 0, span: 1, yaw: 0, pitch: 0 };
    const { view } = mounted(2, store);
    expect(view.camera.peek()).toEqual(view.fitted.peek());
    vi.advanceTimersByTime(1000);
    expect(store.traits.camera.peek(), "looking changes nothing").not.toBeNull();
  });

  test("waits for its layout, where another comes first", () => {
    const store = fakeStore(N, 3);
    const wanted = store.layout.peek();
    const camera = { layout: "umap-3d", x: 0.1, y: 0.2, z: 0, span: 2, yaw: 0.5, pitch: 0.1 };
    store.traits.camera.value = camera;
    const { view, land } = mounted(2, store);
    expect(view.moved.peek()).toBe(false);
    vi.advanceTimersByTime(1000);
    (store.layout as unknown as { value: unknown }).value = { ...wanted, name: "umap-3d", dims: 3 };
    land();
    expect(view.camera.peek()).toEqual(restored(camera, SIZE));
  });

  test("set by Python moves every view, null shows all", () => {
    const { store, view, land } = mounted(2);
    const camera = { layout: "umap", x: 4, y: 5, z: 0, span: 2, yaw: 0, pitch: 0 };
    (store.aim as unknown as { value: unknown }).value = { camera };
    land();
    expect(view.camera.peek()).toEqual(restored(camera, SIZE));
    (store.aim as unknown as { value: unknown }).value = { camera: null };
    land();
    expect(view.camera.peek()).toEqual(view.fitted.peek());
  });
});
