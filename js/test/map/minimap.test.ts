import { signal } from "@preact/signals";
import { afterEach, describe, expect, test } from "vitest";
import { maskOf } from "../../src/bitmask";
import { densityOf, minimap, miniSize } from "../../src/map/minimap";
import { viewState } from "../../src/map/view_state";
import type { Theme } from "../../src/palette";
import { type Bounds, type Camera, flatCamera, framed, TURNED, toScreen, turnOf } from "../../src/scatter/camera";
import { fakeStore, seeded } from "../fakeStore";

afterEach(() => document.body.replaceChildren());

/** Right, up and depth of where a camera looks, as it is turned. */
function toView({ x, y, z, ...angles }: Camera): [number, number, number] {
  const t = turnOf(angles);
  return [t[0] * x + t[1] * y + t[2] * z, t[3] * x + t[4] * y + t[5] * z, t[6] * x + t[7] * y + t[8] * z];
}

function mounted(dims: 2 | 3 = 2) {
  const store = fakeStore(200, 3);
  const corners = dims === 2 ? [0, 0, 20, 10] : [0, 0, 0, 20, 10, 5];
  store.layout.value = { name: "umap", revision: 1, dims, xy: Float32Array.from(corners) };
  const el = document.createElement("div");
  document.body.append(el);
  const view = viewState(store);
  view.size.value = { width: 400, height: 200 };
  view.fit(0);
  const dispose = minimap(store, view, el, signal<Theme>("light"));
  const box = el.firstElementChild as HTMLElement;
  box.setPointerCapture = () => undefined;
  return { view, box, dispose, el };
}

describe("the small map", () => {
  test("comes far in, can be hidden, and goes with its view", () => {
    const { view, box, dispose, el } = mounted();
    expect(box.hidden).toBe(true);
    view.zoomBy(3, 200, 100);
    expect(box.hidden).toBe(true);
    view.zoomBy(2, 200, 100);
    expect(box.hidden).toBe(false);
    box.querySelector("button")?.click();
    expect(box.hidden).toBe(true);
    view.overview.value = true;
    expect(box.hidden).toBe(false);
    dispose();
    expect(el.childElementCount).toBe(0);
  });

  test("its frame is what the map shows, and pressing it goes there", () => {
    const { view, box } = mounted();
    view.zoomBy(10, 200, 100);
    const frame = box.querySelector<HTMLElement>(".pt-map-mini-frame");
    expect(Number.parseFloat(frame?.style.width ?? "")).toBeCloseTo(120 * 0.88 * (400 / (10 * 360)), 1);
    box.dispatchEvent(new PointerEvent("pointerdown", { clientX: 60, clientY: 30, button: 0, bubbles: true }));
    expect(view.camera.peek().x).toBeCloseTo(10, 5);
    expect(view.camera.peek().y).toBeCloseTo(5, 5);
    box.dispatchEvent(new PointerEvent("pointerdown", { clientX: 0, clientY: 30, button: 0, bubbles: true }));
    expect(view.camera.peek().x).toBeLessThan(0.01);
    expect(view.moved.peek()).toBe(true);
  });

  test("in space it is seen from the side one looks from, and pressing it goes there as deep as one is", () => {
    const { view, box } = mounted(3);
    view.zoomBy(9, 200, 100);
    expect(box.hidden).toBe(false);
    view.show({ ...view.camera.peek(), x: 12, y: 6, z: 1 });
    const [, , depth] = toView(view.camera.peek());
    const press = (clientX: number, clientY: number) =>
      box.dispatchEvent(new PointerEvent("pointerdown", { clientX, clientY, button: 0, bubbles: true }));
    const frame = box.querySelector<HTMLElement>(".pt-map-mini-frame");
    const middle = () => {
      const [left, top] = (frame?.style.transform.match(/[-\d.e]+(?=px)/g) ?? []).map(Number) as [number, number];
      const { width = "", height = "" } = frame?.style ?? {};
      return [left + Number.parseFloat(width) / 2, top + Number.parseFloat(height) / 2];
    };
    press(30, 80);
    expect(middle()[0]).toBeCloseTo(30, 4);
    expect(middle()[1]).toBeCloseTo(80, 4);
    expect(toView(view.camera.peek())[2]).toBeCloseTo(depth, 8);
    const before = middle();
    view.orbit(60, 0);
    expect(middle()).not.toEqual(before);
    const { camera } = view;
    const small = { width: 120, height: 120 };
    const front = framed(Float32Array.of(0, 0, 0, 20, 10, 5), 3, view.bounds.value as Bounds, small, TURNED, 0.06);
    const whole = { ...front, yaw: camera.value.yaw, pitch: camera.value.pitch };
    const { x, y, z } = camera.value;
    const [sx, sy] = toScreen(whole, small, x, y, z);
    expect(middle()[0]).toBeCloseTo(sx, 4);
    expect(middle()[1]).toBeCloseTo(sy, 4);
  });

  test("is as wide or high as the map is, and never too thin to press", () => {
    expect(miniSize({ x0: 0, y0: 0, z0: 0, x1: 20, y1: 10, z1: 0, radius: 0 })).toEqual({ width: 120, height: 60 });
    expect(miniSize({ x0: 0, y0: 0, z0: 0, x1: 1, y1: 100, z1: 0, radius: 0 })).toEqual({ width: 36, height: 120 });
    expect(miniSize({ x0: 0, y0: 0, z0: 0, x1: 1, y1: 100, z1: 2, radius: 51 })).toEqual({ width: 120, height: 120 });
    expect(miniSize({ x0: 1, y0: 1, z0: 0, x1: 1, y1: 1, z1: 0, radius: 0 })).toEqual({ width: 120, height: 120 });
  });

  test("is darkest where most rows are; hidden rows and those without a position are not in it", () => {
    const xy = Float32Array.of(1.5, 1.5, 1.5, 1.5, -1.5, -1.5, Number.NaN, 0, 1.5, -1.5);
    const layout = { name: "umap", revision: 1, dims: 2, xy } as const;
    const density = densityOf(layout, maskOf(5, [4]), flatCamera(0, 0, 1), { width: 4, height: 4 });
    expect(density[3]).toBeCloseTo(1, 6);
    expect(density[12]).toBeGreaterThan(0.25);
    expect(density[12]).toBeLessThan(1);
    expect(Array.from(density).filter((share) => share > 0).length).toBe(2);
  });

  test("in space the points stand where the turned camera sees them", () => {
    const random = seeded(5);
    const xy = Float32Array.from({ length: 150 }, () => 8 * random() - 4);
    const size = { width: 60, height: 60 };
    const camera = { x: 0.2, y: -0.1, z: 0.3, scale: 5, yaw: 0.6, pitch: -0.4 };
    const density = densityOf({ name: "a", revision: 1, dims: 3, xy }, null, camera, size);
    const places = new Set<number>();
    for (let row = 0; row < 50; row++) {
      const [sx, sy] = toScreen(
        camera,
        size,
        ...(xy.slice(3 * row, 3 * row + 3) as unknown as [number, number, number]),
      );
      if (sx >= 0 && sx < 60 && sy >= 0 && sy < 60) places.add(Math.floor(sy) * 60 + Math.floor(sx));
    }
    expect(new Set([...density.keys()].filter((pixel) => (density[pixel] as number) > 0))).toEqual(places);
  });
});
