import { describe, expect, test } from "vitest";
import { maskOf } from "../../src/bitmask";
import {
  geometry,
  largestOffset,
  moved,
  offsetToShow,
  placeAt,
  placesIn,
  tileAt,
  visible,
} from "../../src/grid/geometry";
import { between, picked } from "../../src/grid/pick";
import { orderOf } from "../../src/store/order";
import { seeded } from "../fakeStore";

describe("where images are", () => {
  test.each([
    [600, 1000, 96],
    [599, 1000, 40],
    [333, 7, 240],
    [50, 3, 240],
  ])("%i px wide, %i images of %i px: columns fill the room and never overflow", (width, count, wanted) => {
    const g = geometry(width, count, wanted);
    const last = tileAt(g, Math.min(count, g.columns) - 1);
    expect(last.x + last.width).toBeLessThanOrEqual(width);
    expect(g.tile_px).toBeGreaterThanOrEqual(Math.min(wanted, width - 12) - 1);
    const end = tileAt(g, count - 1);
    expect(end.y + end.height).toBeLessThanOrEqual(g.total_px);
  });

  test("the point in the middle of a square finds it, the gap finds nothing", () => {
    const g = geometry(500, 100, 80);
    for (const place of [0, 4, 5, 37, 99]) {
      const { x, y, width, height } = tileAt(g, place);
      expect(placeAt(g, x + width / 2, y + height / 2)).toBe(place);
      expect(placeAt(g, x + width + 1, y + height / 2)).toBe(-1);
      expect(placeAt(g, x + width / 2, y + height + 1)).toBe(-1);
    }
    const { x, y } = tileAt(g, 100);
    expect(placeAt(g, x + 1, y + 1)).toBe(-1);
    expect(placeAt(g, -5, 10)).toBe(-1);
  });

  test("what is visible and what a rubber band touches is what testing every square gives", () => {
    const random = seeded(1);
    const g = geometry(420, 73, 60);
    const touches = (from: number, to: number, a: number, b: number) => a <= to && b >= from;
    for (let i = 0; i < 200; i++) {
      const rect = { x: random() * 450 - 10, y: random() * 900, width: random() * 200, height: random() * 300 };
      const expected = Array.from({ length: 73 }, (_, place) => place).filter((place) => {
        const t = tileAt(g, place);
        return (
          touches(t.x, t.x + t.width, rect.x, rect.x + rect.width) &&
          touches(t.y, t.y + t.height, rect.y, rect.y + rect.height)
        );
      });
      expect(placesIn(g, rect)).toEqual(expected);
      const [first, after] = visible(g, rect.y, rect.height);
      for (let place = 0; place < 73; place++) {
        const t = tileAt(g, place);
        if (t.y < rect.y + rect.height && t.y + t.height > rect.y) {
          expect(place).toBeGreaterThanOrEqual(first);
          expect(place).toBeLessThan(after);
        }
      }
    }
  });

  test("five million large images, far beyond what a browser scrolls", () => {
    const g = geometry(800, 5_000_000, 240);
    expect(g.total_px).toBeGreaterThan(33e6);
    const place = 4_999_998;
    const offset = offsetToShow(g, place, 0, 600);
    const [first, after] = visible(g, offset, 600);
    expect(place).toBeGreaterThanOrEqual(first);
    expect(place).toBeLessThan(after);
    expect(offset).toBeLessThanOrEqual(largestOffset(g, 600));
  });

  test("no image", () => {
    const g = geometry(500, 0, 80);
    expect(g.total_px).toBe(0);
    expect(visible(g, 0, 400)).toEqual([0, 0]);
    expect(placesIn(g, { x: 0, y: 0, width: 400, height: 400 })).toEqual([]);
    expect(moved(g, "ArrowDown", -1, 400)).toBeNull();
  });

  test("showing a square moves only as far as needed", () => {
    const g = geometry(420, 100, 60);
    expect(offsetToShow(g, 0, 0, 300)).toBe(0);
    const { y, height } = tileAt(g, 60);
    const offset = offsetToShow(g, 60, 0, 300);
    expect(y + height).toBeLessThanOrEqual(offset + 300);
    expect(offsetToShow(g, 60, offset, 300)).toBe(offset);
  });
});

describe("keys", () => {
  const g = geometry(420, 23, 60); // 6 columns, the last row has 5
  test.each([
    ["ArrowRight", 3, 4],
    ["ArrowLeft", 0, 0],
    ["ArrowDown", 3, 9],
    ["ArrowUp", 3, 3],
    ["ArrowUp", 9, 3],
    ["ArrowDown", 17, 22],
    ["ArrowDown", 20, 20],
    ["PageDown", 0, 12],
    ["PageDown", 15, 22],
    ["PageUp", 15, 3],
    ["Home", 15, 0],
    ["End", 3, 22],
    ["ArrowRight", 22, 22],
    ["ArrowDown", -1, 0],
    ["End", -1, 22],
  ])("%s at %i goes to %i", (key, from, to) => {
    expect(g.columns).toBe(6);
    expect(moved(g, key, from, 160)).toBe(to);
  });

  test("other keys move nothing", () => {
    expect(moved(g, "x", 3, 160)).toBeNull();
  });
});

describe("a click", () => {
  const order = orderOf(60, null, Uint32Array.of(50, 40, 30, 20, 10));
  const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
  const none = maskOf(100, []);
  const act = (place: number, keys: object, selected = none, anchor = -1) => {
    const { rows, mode } = picked(order, selected, place, anchor, { ...plain, ...keys });
    return [Array.from(rows), mode];
  };

  test("follows the selection grammar", () => {
    expect(act(1, {})).toEqual([[40], "replace"]);
    expect(act(1, { ctrlKey: true })).toEqual([[40], "add"]);
    expect(act(1, { metaKey: true })).toEqual([[40], "add"]);
    expect(act(1, { altKey: true })).toEqual([[40], "subtract"]);
    expect(act(1, { altKey: true, shiftKey: true })).toEqual([[40], "intersect"]);
  });

  test("with Ctrl on a selected image gives it back", () => {
    expect(act(1, { ctrlKey: true }, maskOf(100, [40]))).toEqual([[40], "subtract"]);
    expect(act(1, { shiftKey: true }, maskOf(100, [40]))).toEqual([[40], "add"]);
  });

  test("with shift takes all from the one clicked before", () => {
    expect(act(3, { shiftKey: true }, none, 1)).toEqual([[40, 30, 20], "add"]);
    expect(act(0, { shiftKey: true }, none, 2)).toEqual([[50, 40, 30], "add"]);
    expect(act(3, { shiftKey: true, altKey: true }, none, 1)).toEqual([[40, 30, 20], "intersect"]);
  });

  test("a range has both its ends", () => {
    expect(Array.from(between(order, 4, 2))).toEqual([30, 20, 10]);
  });
});
