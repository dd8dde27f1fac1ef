import { describe, expect, test } from "vitest";
import { roomOf } from "../../src/map/pictures/size";
import { viewState } from "../../src/map/view_state";
import { toScreen } from "../../src/scatter/camera";
import { fakeStore } from "../fakeStore";

describe("the fitted camera", () => {
  const SIZE = { width: 560, height: 500 };

  /** How far the outermost point is from the nearest edge of the pane, and from its lower edge. */
  function nearest(n: number, picture_px: number): { edge: number; bottom: number } {
    const store = fakeStore(n, 2);
    store.traits.picture_px.value = picture_px;
    const view = viewState(store);
    view.size.value = SIZE;
    const camera = view.fitted.value;
    if (camera === null) throw new Error("no camera");
    const { xy } = store.layout.value ?? { xy: new Float32Array(0) };
    const found = { edge: Number.POSITIVE_INFINITY, bottom: Number.POSITIVE_INFINITY };
    for (let at = 0; at < xy.length; at += 2) {
      const [x, y] = toScreen(camera, SIZE, xy[at] as number, xy[at + 1] as number);
      found.bottom = Math.min(found.bottom, SIZE.height - y);
      found.edge = Math.min(found.edge, x, y, SIZE.width - x, SIZE.height - y);
    }
    return found;
  }

  test("leaves room for the pictures on the outermost points, whose size is that of few images, and for the tools", () => {
    for (const n of [2, 5, 30]) {
      for (const px of [56, 160]) {
        const half = roomOf(px, n, SIZE, 1).size_px / 2;
        expect(half).toBeGreaterThan(0.05 * SIZE.height);
        const { edge, bottom } = nearest(n, px);
        expect(edge).toBeGreaterThan(half);
        expect(edge).toBeLessThan(half + 6);
        expect(bottom).toBeGreaterThan(half + 40);
      }
    }
  });

  test("on a map of some images counts these alone", () => {
    const store = fakeStore(400, 2);
    store.traits.picture_px.value = 56;
    const layout = store.layout.peek();
    if (layout === null) throw new Error("no layout");
    store.traits.layouts.value = store.traits.layouts.peek().map((info) => ({ ...info, placed: 8 }));
    store.layout.value = { ...layout, xy: layout.xy.map((at, i) => (i < 16 ? at : Number.NaN)) };
    const view = viewState(store);
    view.size.value = SIZE;
    const camera = view.fitted.value;
    if (camera === null) throw new Error("no camera");
    const places = Array.from({ length: 8 }, (_, row) =>
      toScreen(camera, SIZE, layout.xy[2 * row] as number, layout.xy[2 * row + 1] as number),
    );
    const half = roomOf(56, 8, SIZE, 1).size_px / 2;
    expect(half).toBeGreaterThan(roomOf(56, 400, SIZE, 1).size_px / 2 + 5);
    expect(Math.min(...places.flatMap(([x, y]) => [x, y, SIZE.width - x, SIZE.height - y]))).toBeGreaterThan(half);
  });

  test("leaves a twentieth where pictures are small or none are shown", () => {
    expect(nearest(3000, 40).edge).toBeCloseTo(0.05 * SIZE.height, 3);
    expect(nearest(5, 0).edge).toBeCloseTo(0.05 * SIZE.height, 3);
  });
});
