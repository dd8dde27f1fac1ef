import { signal } from "@preact/signals";
import { describe, expect, test, vi } from "vitest";
import { maskOf, rowsOf } from "../../../src/bitmask";
import { codingOf } from "../../../src/map/coding";
import { type Anchor, anchorsOf } from "../../../src/map/names/anchors";
import { type Group, groupAt } from "../../../src/map/names/group";
import { namesLayer } from "../../../src/map/names/layer";
import { type Label, meet, mostNames, placedNames, rectOf } from "../../../src/map/names/place";
import { roomOf } from "../../../src/map/pictures/size";
import type { Surface } from "../../../src/map/surface";
import { viewState } from "../../../src/map/view_state";
import { type Bounds, boundsOf, fitted, lens, toScreen } from "../../../src/scatter/camera";
import type { CategoryColumn } from "../../../src/store";
import { clumps, fakeStore, seeded } from "../../fakeStore";

const SIZE = { width: 640, height: 480 };
const NOBODY = { has: () => false };

function labels(count: number, seed: number): Label[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => ({
    code: i + 1,
    x: 700 * random() - 30,
    y: 520 * random() - 20,
    width: 30 + 120 * random(),
    height: 18,
    importance: Math.floor(1000 * random() ** 3),
  }));
}

describe("which names are shown", () => {
  test("no two overlap, none is blocked or cut, and each left out gives way to more important ones", () => {
    const legend = { left: 480, top: 0, right: 640, bottom: 200 };
    for (const [count, seed] of [
      [12, 1],
      [60, 2],
      [500, 3],
    ] as const) {
      const all = labels(count, seed);
      const codes = placedNames(all, [legend], SIZE, 500, NOBODY);
      expect(codes.length).toBeGreaterThan(4);
      const of = (code: number) => all[code - 1] as Label;
      const fits = (label: Label) => {
        const { left, top, right, bottom } = rectOf(label);
        return left >= 0 && top >= 0 && right <= SIZE.width && bottom <= SIZE.height && !meet(rectOf(label), legend);
      };
      // Brute force: take them one by one, the most important first.
      const wanted: number[] = [];
      for (const label of [...all].sort((a, b) => b.importance - a.importance || a.code - b.code)) {
        if (!fits(label)) continue;
        if (wanted.every((code) => !meet(rectOf(of(code)), rectOf(label), 2))) wanted.push(label.code);
      }
      expect(codes).toEqual(wanted);
      for (const a of codes) for (const b of codes) expect(a !== b && meet(rectOf(of(a)), rectOf(of(b)))).toBe(false);
      expect(placedNames(all, [legend], SIZE, 3, NOBODY)).toEqual(wanted.slice(0, 3));
    }
  });

  test("of two that are nearly as important the one that is shown stays", () => {
    const two: Label[] = [
      { code: 1, x: 100, y: 100, width: 80, height: 18, importance: 100 },
      { code: 2, x: 120, y: 104, width: 80, height: 18, importance: 110 },
    ];
    expect(placedNames(two, [], SIZE, 9, NOBODY)).toEqual([2]);
    expect(placedNames(two, [], SIZE, 9, new Set([1]))).toEqual([1]);
    expect(
      placedNames([two[0] as Label, { ...(two[1] as Label), importance: 140 }], [], SIZE, 9, new Set([1])),
    ).toEqual([2]);
  });

  test("a handful at first look, more as one comes closer", () => {
    expect(mostNames(1)).toBe(9);
    expect(mostNames(0.2)).toBe(9);
    expect(mostNames(4)).toBeGreaterThan(15);
    expect(mostNames(5000)).toBe(60);
  });
});

describe("where a name stands", () => {
  const { xy, codes } = clumps(6000, 5);
  const camera = fitted(boundsOf(xy, 2) as Bounds, SIZE);
  const through = lens(camera, SIZE);
  const none = new Map<number, Anchor>();

  test("where most of its points are, not between two clumps", () => {
    const two = new Float32Array(400);
    for (let row = 0; row < 200; row++) two.set(row < 120 ? [0, 0] : [10, 10], 2 * row);
    const seen = lens(fitted(boundsOf(two, 2) as Bounds, SIZE), SIZE);
    const points = { xy: two, dims: 2, codes: new Uint8Array(200).fill(1), hidden: null };
    expect(anchorsOf(points, seen, SIZE, 1, none).get(1)).toEqual({ code: 1, count: 200, at: [0, 0, 0] });
    const few = {
      ...points,
      hidden: maskOf(
        200,
        Array.from({ length: 100 }, (_, row) => row),
      ),
    };
    expect(anchorsOf(few, seen, SIZE, 1, none).get(1)).toEqual({ code: 1, count: 100, at: [10, 10, 0] });
  });

  test("counts what is in view, and about a name more of its points are than about most of them", () => {
    const anchors = anchorsOf({ xy, dims: 2, codes, hidden: null }, through, SIZE, 5, none);
    expect([...anchors.keys()].sort()).toEqual([1, 2, 3, 4, 5]);
    for (const { code, count, at } of anchors.values()) {
      const own = Array.from(codes.keys()).filter((row) => codes[row] === code);
      expect(count).toBe(own.length);
      const near = (x: number, y: number) =>
        own.filter(
          (row) => Math.hypot((xy[2 * row] as number) - x, (xy[2 * row + 1] as number) - y) * camera.scale < 35,
        ).length;
      const others = own.map((row) => near(xy[2 * row] as number, xy[2 * row + 1] as number)).sort((a, b) => a - b);
      expect(near(at[0], at[1])).toBeGreaterThan(others[Math.floor(0.75 * others.length)] as number);
    }
    const closer = lens({ ...camera, scale: 6 * camera.scale }, SIZE);
    for (const { at, count } of anchorsOf({ xy, dims: 2, codes, hidden: null }, closer, SIZE, 5, anchors).values()) {
      const [x, y] = toScreen({ ...camera, scale: 6 * camera.scale }, SIZE, ...at);
      expect(x > -1 && x < SIZE.width + 1 && y > -1 && y < SIZE.height + 1).toBe(true);
      expect(count).toBeLessThan(6000);
    }
  });

  test("of tens of thousands of codes those with the most points in view are looked at", () => {
    const n = 65_600;
    const many = new Float32Array(2 * n).map((_, i) => (i * 7) % 1001);
    const rare = Uint16Array.from({ length: n }, (_, row) => (row < 65_535 ? row + 1 : 40_000));
    const whole = lens(fitted(boundsOf(many, 2) as Bounds, SIZE), SIZE);
    const anchors = anchorsOf({ xy: many, dims: 2, codes: rare, hidden: null }, whole, SIZE, 65_535, none);
    expect(anchors.size).toBe(1000);
    expect(anchors.get(40_000)?.count).toBe(66);
  });

  test("stays while the camera moves a little; rows without a place or a code count nowhere", () => {
    const points = { xy, dims: 2, codes, hidden: null };
    const first = anchorsOf(points, through, SIZE, 5, none);
    const moved = anchorsOf(points, lens({ ...camera, x: camera.x + 9 / camera.scale }, SIZE), SIZE, 5, first);
    for (const [code, { at }] of moved) expect(at).toBe(first.get(code)?.at);
    const lost = { ...points, xy: xy.map(() => Number.NaN) };
    expect(anchorsOf(lost, through, SIZE, 5, none).size).toBe(0);
    expect(anchorsOf({ ...points, codes: new Uint8Array(6000) }, through, SIZE, 5, none).size).toBe(0);
  });
});

/** A surface that draws when it is told to. */
function byHand(): { surface: Surface; draw: (now: number, isWhole: boolean) => boolean } {
  let drawn: (now: number, isWhole: boolean) => boolean = () => false;
  const surface: Surface = {
    coding: signal(codingOf(null, 0, "light")),
    look: signal({ size_px: 6, opacity: 1, rim: 0, density: 0 }),
    radius: () => 3,
    kind: () => "cpu",
    pictures() {},
    boxes() {},
    cover: () => null,
    ahead: () => () => undefined,
    alongside(draw) {
      drawn = draw;
      return () => undefined;
    },
    redraw() {},
    still: async () => undefined,
    dispose() {},
  };
  return { surface, draw: (now, isWhole) => drawn(now, isWhole) };
}

/** The names of a map of the n rows of `store`, which shows all of it. */
function shownNames(store: ReturnType<typeof fakeStore>, n: number) {
  const view = viewState(store);
  view.size.value = SIZE;
  view.fit(0);
  const root = document.createElement("div");
  const coding = signal(codingOf(store.color.peek(), n, "light"));
  const { surface, draw } = byHand();
  return { root, coding, layer: namesLayer(store, view, surface, root, root, coding, () => -1), draw };
}

describe("names on the map", () => {
  test("a category of one image has its name under its picture, and beside the point where that has none", () => {
    const store = fakeStore(1, 1);
    store.traits.names_shown.value = true;
    const view = viewState(store);
    view.size.value = SIZE;
    const middle = (picture_px: number, pictured = 0) => {
      store.traits.picture_px.value = picture_px;
      view.fit(0);
      const root = document.createElement("div");
      const { surface, draw } = byHand();
      const coding = signal(codingOf(store.color.peek(), 1, "light"));
      const layer = namesLayer(store, view, surface, root, root, coding, () => pictured);
      draw(0, true);
      draw(1000, true);
      const at = /,\s*(-?\d+)px/.exec(root.querySelector<HTMLElement>(".pt-map-name")?.style.transform ?? "")?.[1];
      layer.dispose();
      const { xy } = store.layout.value ?? { xy: Float32Array.of(0, 0) };
      return Number(at) + 9 - toScreen(view.camera.value, SIZE, xy[0] as number, xy[1] as number)[1];
    };
    expect(middle(0, -1)).toBeCloseTo(0, 0);
    expect(middle(56, -1)).toBeCloseTo(0, 0);
    expect(middle(56)).toBeGreaterThan(roomOf(56, 1, SIZE, 1).size_px / 2);
  });

  test("are looked for 150 ms after the last move, whenever the moves began", () => {
    vi.useFakeTimers();
    const store = fakeStore(400, 3);
    store.traits.names_shown.value = true;
    const view = viewState(store);
    view.size.value = SIZE;
    view.fit(0);
    const { surface, draw } = byHand();
    const redraw = vi.spyOn(surface, "redraw");
    const root = document.createElement("div");
    const coding = signal(codingOf(store.color.peek(), 400, "light"));
    const layer = namesLayer(store, view, surface, root, root, coding, () => -1);
    draw(0, true);
    view.pan(5, 0);
    draw(100, true);
    vi.advanceTimersByTime(150);
    const asked = redraw.mock.calls.length;
    expect(asked).toBeGreaterThan(0);
    draw(150, true); // rests for 50 ms only
    vi.advanceTimersByTime(101);
    expect(redraw.mock.calls.length).toBe(asked + 1);
    layer.dispose();
    vi.useRealTimers();
  });

  test("are text and nothing else; a click selects by the grammar of the legend; the trait takes them away", () => {
    const store = fakeStore(400, 3);
    store.traits.names_shown.value = true;
    const column = store.color.peek() as CategoryColumn;
    const categories = ["<script>alert(1)</script>", "", "c".repeat(300)];
    store.color.value = { ...column, categories };
    const { root, layer, draw } = shownNames(store, 400);
    const names = () => Array.from(root.querySelectorAll<HTMLElement>(".pt-map-name:not(.pt-going)"));
    draw(0, false);
    expect(names()).toHaveLength(0); // the points have not got their colours yet
    draw(16, true);
    expect(names()).toHaveLength(0); // they are painted first
    draw(1000, true);
    expect(names().length).toBeGreaterThan(1);
    expect(root.querySelectorAll("script")).toHaveLength(0);
    const told = ["<script>alert(1)</script>", "(empty)", "c".repeat(300)];
    const { codes } = column;
    for (const name of names()) {
      const code = 1 + told.indexOf(name.textContent as string);
      expect(layer.press(name.lastChild, "replace")).toBe(true);
      const rows = Array.from(codes.keys()).filter((row) => codes[row] === code);
      expect(Array.from(rowsOf(store.selection.peek()))).toEqual(rows);
      layer.press(name, "subtract");
      expect(store.selection.peek().count).toBe(0);
      const group = groupAt(name.lastChild as Node);
      expect([group?.column, group?.name]).toEqual([column.name, categories[code - 1]]);
      expect(Array.from(rowsOf((group as Group).rows))).toEqual(rows);
    }
    expect(groupAt(root)).toBeNull();
    expect([layer.press(root, "replace"), layer.has(root), layer.has(names()[0] ?? null)]).toEqual([
      false,
      false,
      true,
    ]);
    store.traits.names_shown.value = false;
    draw(1100, true);
    expect(names()).toEqual([]);
    layer.dispose();
    expect(root.innerHTML).toBe("");
  });

  test("step back with their points while none of these is selected, or about to be", () => {
    const store = fakeStore(400, 3);
    store.traits.names_shown.value = true;
    const { root, coding, layer, draw } = shownNames(store, 400);
    draw(0, true);
    let now = 1000;
    /** The codes of the names shown, with a minus before those that step back. */
    const shown = () => {
      draw(now++, true);
      const names = Array.from(root.querySelectorAll<HTMLElement>(".pt-map-name:not(.pt-going)"));
      return names
        .map((name) => {
          const { code } = coding.peek().entries.find((entry) => entry.name === name.textContent) as { code: number };
          return name.classList.contains("pt-apart") ? -code : code;
        })
        .sort((a, b) => Math.abs(a) - Math.abs(b));
    };
    expect(shown()).toEqual([1, 2, 3]);
    const { codes } = store.color.peek() as CategoryColumn;
    const of = (code: number) => Array.from(codes.keys()).filter((row) => codes[row] === code);
    store.select(maskOf(400, of(2)), "replace");
    expect(shown()).toEqual([-1, 2, -3]);
    store.setPreview(maskOf(400, [...of(2), of(3)[0] as number]));
    expect(shown()).toEqual([-1, 2, 3]);
    store.setPreview(null);
    expect(shown()).toEqual([-1, 2, -3]);
    store.select(maskOf(400, []), "replace");
    expect(shown()).toEqual([1, 2, 3]);
    layer.dispose();
  });
});
