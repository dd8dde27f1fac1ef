import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rowsOf } from "../../src/bitmask";
import { geometry, type Rect, tileAt } from "../../src/grid/geometry";
import { hands } from "../../src/grid/hands";
import { createLink } from "../../src/link";
import { createStore } from "../../src/store/create";
import { fakeModel } from "../fakeModel";

const N = 30;
const g = geometry(420, N, 60);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

function opened() {
  const store = createStore(createLink(fakeModel({ n: N })));
  const canvas = document.createElement("canvas");
  canvas.setPointerCapture = () => {};
  document.body.append(canvas);
  const bands: (Rect | null)[] = [];
  const opens: number[] = [];
  const hand = hands(store, canvas, {
    geometry: () => g,
    offset_px: () => 0,
    height_px: () => 400,
    scrollBy() {},
    showBand: (band) => bands.push(band),
    open: (row) => opens.push(row),
  });
  const at = (place: number) => {
    const { x, y, width, height } = tileAt(g, place);
    return { clientX: x + width / 2, clientY: y + height / 2 };
  };
  const send = (kind: string, where: { clientX: number; clientY: number }, more: PointerEventInit = {}) =>
    canvas.dispatchEvent(new PointerEvent(kind, { bubbles: true, cancelable: true, button: 0, ...where, ...more }));
  const click = (place: number, more: PointerEventInit = {}) => {
    send("pointerdown", at(place), more);
    send("pointerup", at(place), more);
  };
  const selected = () => Array.from(rowsOf(store.selection.value));
  return { store, hand, canvas, bands, opens, at, send, click, selected };
}

describe("clicks", () => {
  test("replace, add, take away and take a range; the last one is ringed", () => {
    const { store, click, selected } = opened();
    click(3);
    expect(selected()).toEqual([3]);
    expect(store.focused.value).toEqual({ row: 3, from: "grid" });
    click(8, { ctrlKey: true });
    expect(selected()).toEqual([3, 8]);
    click(3, { ctrlKey: true });
    expect(selected()).toEqual([8]);
    click(5, { altKey: true });
    expect(selected()).toEqual([8]);
    click(10);
    click(12, { shiftKey: true });
    expect(selected()).toEqual([10, 11, 12]);
    expect(store.order.value).toHaveLength(N);
  });

  test("between images do nothing, with another button neither", () => {
    const { send, at, selected } = opened();
    send("pointerdown", { clientX: 0, clientY: 0 });
    send("pointerup", { clientX: 0, clientY: 0 });
    send("pointerdown", at(3), { button: 2 });
    send("pointerup", at(3), { button: 2 });
    expect(selected()).toEqual([]);
  });

  test("twice open the image", () => {
    const { canvas, opens, at } = opened();
    canvas.dispatchEvent(new MouseEvent("dblclick", { bubbles: true, ...at(4) }));
    expect(opens).toEqual([4]);
  });
});

describe("the rubber band", () => {
  test("previews what it would select and selects it on release", () => {
    const { store, bands, send, at, selected } = opened();
    send("pointerdown", at(0));
    send("pointermove", at(7));
    expect(bands.at(-1)).not.toBeNull();
    expect(Array.from(rowsOf(store.preview.value as never))).toEqual([0, 1, 6, 7]);
    expect(selected()).toEqual([]);
    send("pointerup", at(7));
    expect(selected()).toEqual([0, 1, 6, 7]);
    expect(bands.at(-1)).toBeNull();
    expect(store.preview.value).toBeNull();
  });

  test("adds with shift, and is given up on request", () => {
    const { store, hand, send, at, click, selected } = opened();
    click(20);
    send("pointerdown", at(0), { shiftKey: true });
    send("pointermove", at(1), { shiftKey: true });
    send("pointerup", at(1), { shiftKey: true });
    expect(selected()).toEqual([0, 1, 20]);
    send("pointerdown", at(0));
    send("pointermove", at(7));
    expect(hand.cancel()).toBe(true);
    send("pointerup", at(7));
    expect(selected()).toEqual([0, 1, 20]);
    expect(store.preview.value).toBeNull();
    expect(hand.cancel()).toBe(false);
  });

  test("a tremble is a click", () => {
    const { send, at, selected } = opened();
    const { clientX, clientY } = at(5);
    send("pointerdown", { clientX, clientY });
    send("pointermove", { clientX: clientX + 2, clientY: clientY + 1 });
    send("pointerup", { clientX: clientX + 2, clientY: clientY + 1 });
    expect(selected()).toEqual([5]);
  });
});

test("hovering tells the row, leaving ends it", () => {
  const { store, send, at, canvas } = opened();
  send("pointermove", at(9));
  expect(store.hovered.value).toBe(9);
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  expect(store.hovered.value).toBe(-1);
});

test("a long press selects on touch, a short one is a click, a moved one neither", () => {
  const { send, at, click, selected } = opened();
  const touch = { pointerType: "touch" };
  click(2, touch);
  expect(selected()).toEqual([2]);
  send("pointerdown", at(6), touch);
  vi.advanceTimersByTime(600);
  send("pointerup", at(6), touch);
  expect(selected()).toEqual([2, 6]);
  send("pointerdown", at(1), touch);
  send("pointermove", at(7), touch);
  vi.advanceTimersByTime(600);
  send("pointerup", at(7), touch);
  expect(selected()).toEqual([2, 6]);
});

test("nothing is heard any more after the end", () => {
  const { hand, click, selected } = opened();
  hand.dispose();
  click(3);
  expect(selected()).toEqual([]);
});
