/** What goes with the points' picture: the colours of legend and names, and the word that the map is painted. */

import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import { codingOf } from "../../src/map/coding";
import { surface } from "../../src/map/surface";
import { viewState } from "../../src/map/view_state";
import type { ScatterState } from "../../src/scatter/state";
import { fakeStore } from "../fakeStore";

const scatter = vi.hoisted(() => ({
  set: { colors: null as ScatterState["colors"] },
  shown: null as ScatterState["colors"],
}));

vi.mock("../../src/scatter/sleeper", () => ({
  sleeper: () => ({
    kind: "cpu",
    asleep: false,
    set: (partial: Partial<ScatterState>) => Object.assign(scatter.set, partial),
    draw: () => false,
    colors: () => scatter.shown,
    cover: () => null,
    wake() {},
    sleep() {},
    dispose() {},
  }),
}));

test("another column's coding is told with its picture, that of the same column in other colours at once", () => {
  vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame"] });
  const store = fakeStore(20, 3);
  const column = store.color.peek();
  const first = codingOf(column, 20, "light");
  const coding = signal(first);
  const colors = signal({ theme: "light" as const, background: [255, 255, 255] as const });
  const drawn = surface(store, viewState(store), document.createElement("div"), coding, colors as never, () => {});
  scatter.shown = scatter.set.colors;
  const frame = () => {
    drawn.redraw();
    vi.advanceTimersToNextFrame();
  };

  const second = codingOf(null, 20, "light");
  coding.value = second;
  frame();
  expect(drawn.coding.peek()).toBe(first);
  scatter.shown = scatter.set.colors;
  frame();
  expect(drawn.coding.peek()).toBe(second);

  coding.value = first;
  scatter.shown = scatter.set.colors;
  frame();
  const dark = codingOf(column, 20, "dark");
  coding.value = dark;
  expect(drawn.coding.peek()).toBe(dark);
  drawn.dispose();
  vi.useRealTimers();
});

test("the map is painted a frame after its first points, not with the picture of a map that has none yet", () => {
  vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame"] });
  const store = fakeStore(20, 3);
  const empty = codingOf(null, 0, "light");
  const coding = signal(empty);
  const colors = signal({ theme: "light" as const, background: [255, 255, 255] as const });
  const drawn = surface(store, viewState(store), document.createElement("div"), coding, colors as never, () => {});
  const frame = () => {
    drawn.redraw();
    vi.advanceTimersToNextFrame();
  };
  scatter.shown = scatter.set.colors;
  frame();
  coding.value = codingOf(store.color.peek(), 20, "light");
  frame();
  frame();
  expect(store.isMapFirst.peek()).toBe(true);
  scatter.shown = scatter.set.colors;
  frame();
  expect(store.isMapFirst.peek()).toBe(true);
  vi.advanceTimersToNextFrame();
  expect(store.isMapFirst.peek()).toBe(false);
  drawn.dispose();
  vi.useRealTimers();
});
