import { describe, expect, test, vi } from "vitest";
import { rowsOf } from "../../src/bitmask";
import { cameraFollows } from "../../src/map/follow";
import { mapView } from "../../src/map/map";
import { viewState } from "../../src/map/view_state";
import { toScreen } from "../../src/scatter/camera";
import type { CategoryColumn } from "../../src/store";
import { fakeStore } from "../fakeStore";

function mounted(n = 60) {
  const store = fakeStore(n, 3);
  const el = document.createElement("div");
  document.body.append(el);
  const dispose = mapView(store, el);
  const find = (selector: string) => Array.from(el.querySelectorAll<HTMLElement>(selector));
  return { store, el, dispose, find };
}

describe("legend", () => {
  test("names and counts each category; a click selects it, shift adds, alt takes away", () => {
    const { store, find, dispose } = mounted();
    const { codes, categories } = store.color.peek() as CategoryColumn;
    const rows = (code: number) => Array.from(codes.keys()).filter((row) => codes[row] === code);
    const entries = find(".pt-legend-row");
    expect(entries.map((entry) => entry.querySelector(".pt-legend-name")?.textContent)).toEqual(categories);
    expect(entries.map((entry) => entry.querySelector(".pt-legend-count")?.textContent)).toEqual(
      [1, 2, 3].map((code) => String(rows(code).length)),
    );
    const click = (entry: number, keys: MouseEventInit = {}) =>
      find(".pt-legend-row")[entry]?.dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys }));
    const selected = () => Array.from(rowsOf(store.selection.peek()));
    click(1);
    expect(selected()).toEqual(rows(2));
    click(0, { shiftKey: true });
    expect(selected()).toEqual([...rows(1), ...rows(2)].sort((a, b) => a - b));
    click(1, { altKey: true });
    expect(selected()).toEqual(rows(1));
    dispose();
  });

  test("an empty name is told; Escape in the search empties it and leaves the selection", async () => {
    const { store, find, dispose, el } = mounted();
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    const column = store.color.peek() as object;
    store.color.value = { ...column, categories: ["", ...Array.from({ length: 19 }, (_, i) => `c${i}`)] } as never;
    await vi.waitFor(() => expect(find(".pt-legend-row .pt-legend-name")[0]?.textContent).toBe("(empty)"));
    const search = el.querySelector(".pt-legend-search") as HTMLInputElement;
    search.value = "c1";
    search.dispatchEvent(new Event("input", { bubbles: true }));
    const pressEscape = () => search.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await vi.waitFor(() => expect(find(".pt-legend-row")[0]?.textContent).toContain("c1"));
    pressEscape();
    await vi.waitFor(() => expect(search.value).toBe(""));
    expect(heard).not.toHaveBeenCalled();
    pressEscape();
    expect(heard).toHaveBeenCalledOnce();
    document.body.removeEventListener("keydown", heard);
    dispose();
  });

  test("a name with markup in it is shown as text", () => {
    const { store, find, dispose, el } = mounted();
    const column = store.color.peek() as object;
    store.color.value = { ...column, categories: ["<img src=x onerror=alert(1)>", "b", "c"] } as never;
    dispose();
    const again = mapView(store, el);
    expect(find(".pt-legend-row img")).toEqual([]);
    expect(find(".pt-legend-row .pt-legend-name")[0]?.textContent).toBe("<img src=x onerror=alert(1)>");
    again();
  });
});

test("a closed view leaves nothing behind and no longer listens", () => {
  const { store, el, dispose } = mounted();
  dispose();
  expect(el.innerHTML).toBe("");
  expect(store.wanted.size).toBe(0);
  store.hover(3);
  store.focus(4, "grid");
  store.layout.value = null;
  expect(el.innerHTML).toBe("");
});

describe("camera", () => {
  const shown = (n = 200) => {
    const store = fakeStore(n, 3);
    const view = viewState(store);
    const stop = cameraFollows(store, view);
    return { store, view, stop };
  };
  const land = (view: ReturnType<typeof viewState>) => {
    for (let now = 0; view.step(now); now += 50);
  };

  test("is fitted once there is a size, and again when the pane grows", () => {
    const { view, stop } = shown();
    view.size.value = { width: 300, height: 200 };
    expect(view.camera.value).toEqual(view.fitted.value);
    view.size.value = { width: 900, height: 500 };
    expect(view.camera.value).toEqual(view.fitted.value);
    stop();
  });

  test("follows a growing layout until the user moves it; a new layout is fitted again", () => {
    const { store, view, stop } = shown();
    view.size.value = { width: 300, height: 200 };
    const layout = store.layout.peek();
    const grow = (by: number, name = "umap") => {
      store.layout.value = { name, revision: by, dims: 2, xy: (layout?.xy ?? new Float32Array()).map((v) => v * by) };
    };
    grow(2);
    land(view);
    expect(view.camera.value).toEqual(view.fitted.value);
    view.pan(20, 0);
    const moved = view.camera.value;
    grow(3);
    land(view);
    expect(view.camera.value).toEqual(moved);
    grow(4, "pca");
    land(view);
    expect(view.camera.value).toEqual(view.fitted.value);
    stop();
  });

  test("goes to a point chosen in the grid when it is off screen, and only then", () => {
    const { store, view, stop } = shown();
    const size = { width: 300, height: 200 };
    view.size.value = size;
    const before = view.camera.value;
    store.focus(5, "grid");
    land(view);
    expect(view.camera.value).toEqual(before);
    view.pan(5000, 0);
    const away = view.camera.value;
    store.focus(6, "map");
    expect(view.camera.value).toEqual(away);
    store.focus(7, "grid");
    land(view);
    const xy = store.layout.peek()?.xy ?? new Float32Array();
    const [sx, sy] = toScreen(view.camera.value, size, xy[14] as number, xy[15] as number);
    expect([sx, sy]).toEqual([150, 100]);
    expect(view.camera.value.scale).toBe(away.scale);
    stop();
  });

  test("jumps instead of flying for who wants no motion", () => {
    const { store, view, stop } = shown();
    view.size.value = { width: 300, height: 200 };
    const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
    view.pan(5000, 0);
    store.focus(7, "grid");
    const there = view.camera.value;
    expect(view.step(0)).toBe(false);
    expect(view.camera.value).toBe(there);
    expect(there.x).toBe(store.layout.peek()?.xy[14]);
    asked.mockRestore();
    stop();
  });

  test("zooms no farther than sensible, and stays in place at the limit", () => {
    const { view, stop } = shown();
    view.size.value = { width: 300, height: 200 };
    for (let turn = 0; turn < 200; turn++) view.zoomBy(1.5, 10, 10);
    const closest = view.camera.value;
    view.zoomBy(1.5, 10, 10);
    expect(view.camera.value.scale).toBe(closest.scale);
    expect(view.camera.value.x).toBeCloseTo(closest.x, 12);
    expect(view.zoom.value).toBeGreaterThan(100);
    stop();
  });

  test("a row without a position moves nothing", () => {
    const { store, view, stop } = shown(3);
    view.size.value = { width: 300, height: 200 };
    const before = view.camera.value;
    store.layout.value = {
      name: "umap",
      revision: 2,
      dims: 2,
      xy: Float32Array.of(0, 0, Number.NaN, Number.NaN, 1, 1),
    };
    land(view);
    const fitted = view.camera.value;
    expect(fitted).not.toEqual(before);
    store.focus(1, "grid");
    land(view);
    expect(view.camera.value).toEqual(fitted);
    stop();
  });
});
