import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gridView } from "../../src/grid/grid";
import { allRows } from "../../src/store/order";
import { fakeStore } from "../fakeStore";

const WIDTH = 400;
let paints = 0;

/** A context that takes every call; the background of a picture is the one thing so wide that is filled. */
const context = new Proxy({} as Record<string | symbol, unknown>, {
  get(own, name) {
    if (name === "fillRect") {
      return (_x: number, _y: number, width: number) => {
        if (width === WIDTH) paints++;
      };
    }
    if (name === "getImageData") return () => ({ data: [0, 0, 0, 255] });
    return own[name] ?? (() => ({ width: 10 }));
  },
});

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as unknown as null);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(WIDTH);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(300);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  document.body.replaceChildren();
});

test("a point of the map is followed only where its image is on screen", async () => {
  const store = { ...fakeStore(20_000), order: signal(allRows(20_000)) };
  store.mapPainted(); // the grid waits for it
  const close = gridView(store, document.body, () => {});
  await vi.advanceTimersByTimeAsync(500);
  const painted = async (row: number) => {
    paints = 0;
    store.hover(row);
    await vi.advanceTimersByTimeAsync(100);
    return paints;
  };
  expect(await painted(3)).toBeGreaterThan(0);
  expect(await painted(19_000)).toBeGreaterThan(0); // its mark is taken away
  expect(await painted(18_000)).toBe(0);
  expect(await painted(-1)).toBe(0);
  expect(await painted(0)).toBeGreaterThan(0);
  close();
});

test("no picture is asked for before the map is painted: the kernel that sends its points would be held up", async () => {
  const store = { ...fakeStore(20_000), order: signal(allRows(20_000)) };
  const close = gridView(store, document.body, () => {});
  await vi.advanceTimersByTimeAsync(500);
  expect(store.wanted.size).toBe(0);
  store.mapPainted();
  expect(store.wanted.size).toBe(1);
  close();
});
