/** The card of a point comes when the pointer rests there, and not under one that passes. */

import { effect, signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { codingOf } from "../../src/map/coding";
import { hoverCard } from "../../src/map/hover_card";
import { pointerRest } from "../../src/map/rest";
import { viewState } from "../../src/map/view_state";
import { fakeStore } from "../fakeStore";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const frames = (count: number) => vi.advanceTimersByTime(16 * count);

function pointer() {
  const resting = signal(true);
  const told: boolean[] = [];
  effect(() => {
    told.push(resting.value);
  });
  return { resting, told, rest: pointerRest(resting) };
}

test("a pointer that travels does not rest, though a frame passes without news of it", () => {
  const { told, rest } = pointer();
  for (let step = 0; step < 20; step++) {
    rest.moved(5 * step, 0, performance.now());
    frames(1);
  }
  expect(told).toEqual([true, false]);
});

test("it rests two frames after it stopped; a hand that trembles is one that rests", () => {
  const { told, rest, resting } = pointer();
  rest.moved(100, 100, performance.now());
  for (const x of [101, 100, 101]) {
    frames(1);
    rest.moved(x, 100, performance.now());
  }
  expect(resting.peek()).toBe(true);
  frames(10);
  expect(told).toEqual([true, false, true]);
  rest.moved(103, 100, performance.now());
  expect(resting.peek()).toBe(false);
  rest.dispose();
  frames(10);
  expect(resting.peek()).toBe(false);
});

test("no card under a pointer that passes, one under a pointer that rests, and that follows until no point is there", () => {
  const store = fakeStore(60, 3);
  const view = viewState(store);
  const el = document.createElement("div");
  const stop = hoverCard(store, view, el, () => codingOf(null, 60, "light"));
  const card = el.querySelector<HTMLElement>(".pt-map-card");
  const wanted = vi.spyOn(store.thumbs, "want");
  view.inside.value = true;
  view.resting.value = false;
  store.hover(4);
  expect(card?.hidden).toBe(true);
  view.resting.value = true;
  expect(card?.hidden).toBe(false);
  view.resting.value = false;
  const details = vi.spyOn(store, "details");
  store.hover(6);
  store.hover(7);
  expect(card?.hidden).toBe(false);
  expect(wanted.mock.lastCall?.[1], "what is only passed is not asked for").toEqual([4]);
  expect(details).not.toHaveBeenCalled();
  view.resting.value = true;
  expect(wanted.mock.lastCall?.[1]).toEqual([7]);
  expect(details.mock.lastCall).toEqual([7]);
  view.resting.value = false;
  store.hover(-1);
  expect(card?.hidden).toBe(true);
  expect(wanted.mock.lastCall?.[1]).toEqual([]);
  store.hover(8);
  expect(card?.hidden).toBe(true);
  view.resting.value = true;
  view.inside.value = false; // the grid's own point
  expect(card?.hidden).toBe(true);
  stop();
});
