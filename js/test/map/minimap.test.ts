import { signal } from "@preact/signals";
import { afterEach, describe, expect, test } from "vitest";
import { maskOf } from "../../src/bitmask";
import { densityOf, minimap, miniSize } from "../../src/map/minimap";
import { viewState } from "../../src/map/view_state";
import type { Theme } from "../../src/palette";
import { flatCamera } from "../../src/scatter/camera";
import { fakeStore } from "../fakeStore";

afterEach(() => document.body.replaceChildren());

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
  test("comes far in on a flat map only, can be hidden, and goes with its view", () => {
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
    const deep = mounted(3);
    deep.view.zoomBy(9, 200, 100);
    expect(deep.box.hidden).toBe(true);
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

  test("is as wide or high as the map is, and never too thin to press", () => {
    expect(miniSize({ x0: 0, y0: 0, z0: 0, x1: 20, y1: 10, z1: 0, radius: 0 })).toEqual({ width: 120, height: 60 });
    expect(miniSize({ x0: 0, y0: 0, z0: 0, x1: 1, y1: 100, z1: 0, radius: 0 })).toEqual({ width: 36, height: 120 });
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
});
