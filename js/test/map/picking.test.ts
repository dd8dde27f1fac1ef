/** A click among more rows than are looked at in one go. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { picking } from "../../src/map/picking";
import { viewState } from "../../src/map/view_state";
import { flatCamera, positionOf, TURNED, toScreen } from "../../src/scatter/camera";
import { fakeStore, seeded } from "../fakeStore";

const N = 600_000;
const SIZE = { width: 500, height: 300 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function deepMap() {
  const random = seeded(5);
  const store = fakeStore(N, 1);
  const xy = Float32Array.from({ length: 3 * N }, () => 10 * random());
  xy.set([5, 5, 40], 3 * (N - 1)); // the last row, alone in front of all others
  store.layout.value = { name: "umap-3d", revision: 1, dims: 3, xy };
  const view = viewState(store);
  view.size.value = SIZE;
  view.camera.value = { x: 5, y: 5, z: 5, scale: 4, ...TURNED };
  const [sx, sy] = toScreen(view.camera.peek(), SIZE, ...positionOf(xy, 3, N - 1));
  const picks = picking(
    store,
    view,
    () => 3,
    () => -1,
  );
  return { store, view, picks, sx, sy };
}

test("a click looks at them in parts, and neither another hover nor a moved camera changes its answer", () => {
  const { view, picks, sx, sy } = deepMap();
  const found: number[] = [];
  picks.surely(sx, sy, (row) => found.push(row));
  expect(found).toEqual([]);
  picks.soon(10, 10, () => undefined);
  view.camera.value = { ...view.camera.peek(), x: -500 };
  vi.runAllTimers();
  expect(found).toEqual([N - 1]);
});

test("a map that is gone answers no click", () => {
  const { picks, sx, sy } = deepMap();
  const found: number[] = [];
  picks.surely(sx, sy, (row) => found.push(row));
  picks.dispose();
  vi.runAllTimers();
  expect(found).toEqual([]);
});

test("a hand that travels over the map finds the nearest point at each place", () => {
  const random = seeded(6);
  const store = fakeStore(20_000, 1);
  const xy = Float32Array.from({ length: 40_000 }, () => 100 * random());
  store.layout.value = { name: "umap", revision: 1, dims: 2, xy };
  const view = viewState(store);
  view.size.value = SIZE;
  view.camera.value = flatCamera(50, 50, 5);
  const picks = picking(
    store,
    view,
    () => 3,
    () => -1,
  );
  const nearest = (sx: number, sy: number) => {
    const away = Array.from({ length: 20_000 }, (_, row) => {
      const [x, y] = toScreen(view.camera.peek(), SIZE, ...positionOf(xy, 2, row));
      return Math.hypot(x - sx, y - sy);
    });
    const least = Math.min(...away);
    return least > 8 ? -1 : away.indexOf(least);
  };
  const found = new Set<number>();
  for (let step = 0; step < 60; step++) {
    const [sx, sy] = [20 + 7 * step, 30 + 4 * step];
    let row = -2;
    picks.soon(sx, sy, (told) => {
      row = told;
    });
    vi.runAllTimers();
    expect(row).toBe(nearest(sx, sy));
    found.add(row);
    if (step === 30) view.camera.value = flatCamera(40, 60, 8);
  }
  expect(found.size).toBeGreaterThan(40);
});
