import { signal } from "@preact/signals";
import { describe, expect, test, vi } from "vitest";
import { maskOf, rowsOf } from "../../src/bitmask";
import { cameraFollows } from "../../src/map/follow";
import { mapView } from "../../src/map/map";
import { viewState } from "../../src/map/view_state";
import type { DetailsAnswer, Filter } from "../../src/protocol.gen";
import { toScreen } from "../../src/scatter/camera";
import type { CategoryColumn, Column } from "../../src/store";
import { fakeStore } from "../fakeStore";

function mounted(n = 60) {
  const store = fakeStore(n, 3);
  const el = document.createElement("div");
  document.body.append(el);
  const dispose = mapView(store, el);
  const find = (selector: string) => Array.from(el.querySelectorAll<HTMLElement>(selector));
  return { store, el, dispose, find };
}

test("a map shown anew has in hand what was taken last", () => {
  const { store, find, dispose } = mounted();
  expect(find(".pt-map")[0]?.dataset.tool).toBe("pan");
  const kept = viewState(store);
  expect([kept.brush_px.peek(), kept.overview.peek()]).toEqual([24, true]);
  for (const key of ["b", "n", "m", "]"])
    find(".pt-map")[0]?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  dispose();
  const el = document.createElement("div");
  const again = mapView(store, el);
  expect(el.querySelector<HTMLElement>(".pt-map")?.dataset.tool).toBe("box");
  expect(el.querySelector('[aria-label="Nearest images"]')?.getAttribute("aria-pressed")).toBe("true");
  const { brush_px, overview } = viewState(store);
  expect([brush_px.peek() > 24, overview.peek()]).toEqual([true, false]);
  again();
});

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

  test("the eye hides an entry, a click on it shows it again, a double-click isolates, and keys do the same", async () => {
    const { store, find, dispose } = mounted();
    const { codes, categories } = store.color.peek() as CategoryColumn;
    const of = (code: number) => Array.from(codes.keys()).filter((row) => codes[row] === code);
    const hidden = () => Array.from(rowsOf(store.hidden.peek() ?? { n: 0, bits: new Uint8Array(0), count: 0 }));
    const settled = () => vi.waitFor(() => expect(find(".pt-legend-all").length).toBe(store.filters.peek().length));
    find('[aria-label="Hide bird"]')[0]?.click();
    expect(store.filters.peek()).toEqual([{ column: "label", hide: ["bird"], missing: false }]);
    expect(hidden()).toEqual(of(2));
    await settled();
    expect(find(".pt-legend-hidden .pt-legend-name").map((el) => el.textContent)).toEqual(["bird"]);
    find(".pt-legend-row")[1]?.click();
    expect(hidden()).toEqual([]);
    expect(store.selection.peek().count).toBe(0);
    await settled();
    find(".pt-legend-row")[0]?.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(hidden()).toEqual([...of(2), ...of(3)].sort((a, b) => a - b));
    await settled();
    find(".pt-legend-all")[0]?.click();
    expect(store.hidden.peek()).toBeNull();
    await settled();
    const press = (key: string) =>
      (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    find(".pt-legend-row")[0]?.focus();
    press("ArrowDown");
    press("h");
    expect(store.filters.peek()[0]?.hide).toEqual([categories[1]]);
    await settled();
    press("ArrowDown");
    press("o");
    expect(store.filters.peek()[0]?.keep).toEqual([categories[2]]);
    await settled();
    expect(find(".pt-legend-row[tabindex='0']").length).toBe(1);
    dispose();
  });

  test("65,537 categories: only those in sight are there, and the search finds the last", async () => {
    const { store, find, dispose, el } = mounted();
    const categories = Array.from({ length: 65_537 }, (_, c) => `c${c}`);
    const codes = Uint32Array.from({ length: 60 }, (_, row) => (row % 2 === 0 ? 65_537 : 0));
    store.color.value = { kind: "category", name: "label", revision: 2, codes, categories };
    await vi.waitFor(() => expect(find(".pt-legend-row .pt-legend-name")[0]?.textContent).toBe("c0"));
    expect(find(".pt-legend-row").length).toBeLessThan(60);
    const search = el.querySelector(".pt-legend-search") as HTMLInputElement;
    search.value = "c65536";
    search.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.waitFor(() => expect(find(".pt-legend-row")[0]?.textContent).toBe("c6553630"));
    find(".pt-legend-row")[0]?.click();
    expect(store.selection.peek().count).toBe(30);
    // The next column has too few for a field to search them: all are there.
    store.color.value = { kind: "category", name: "other", revision: 1, codes, categories: ["a", "b"] };
    await vi.waitFor(() =>
      expect(
        find(".pt-legend-row .pt-legend-name")
          .slice(0, 2)
          .map((el) => el.textContent),
      ).toEqual(["a", "b"]),
    );
    dispose();
  });

  test("a list that grows has lines down to its new end", async () => {
    const grown: (() => void)[] = [];
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(say: () => void) {
          grown.push(say);
        }
        observe() {}
        disconnect() {}
      },
    );
    let height_px = 48;
    const clientHeight = vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockImplementation(function (
      this: HTMLElement,
    ) {
      return this.closest(".pt-map-legend") === null ? 480 : height_px;
    });
    const { store, find, dispose } = mounted();
    const categories = Array.from({ length: 90 }, (_, c) => `c${c}`);
    store.color.value = { kind: "category", name: "label", revision: 2, codes: new Uint32Array(60), categories };
    await vi.waitFor(() => expect(find(".pt-legend-row").length).toBe(6));
    height_px = 480;
    for (const say of grown) say();
    await vi.waitFor(() => expect(find(".pt-legend-row").length).toBeGreaterThanOrEqual(20));
    dispose();
    clientHeight.mockRestore();
    vi.unstubAllGlobals();
  });

  test("entries are ordered by count, and a colour chosen by hand is the palette's until it is reset", async () => {
    const { store, find, dispose } = mounted();
    const counts = () => find(".pt-legend-row .pt-legend-count").map((el) => Number(el.textContent));
    find(".pt-legend-more-button")[0]?.click();
    await vi.waitFor(() => expect(find(".pt-legend-menu").length).toBe(1));
    const byCount = find(".pt-legend-menu label").find((el) => el.textContent === "by count");
    byCount?.querySelector("input")?.click();
    await vi.waitFor(() => expect(counts()).toEqual([...counts()].sort((a, b) => b - a)));
    find('[aria-label="Colour of bird"]')[0]?.click();
    await vi.waitFor(() => expect(find(".pt-legend-swatch").length).toBeGreaterThan(8));
    find(".pt-legend-swatch")[4]?.click();
    expect(Object.keys(store.traits.palette.peek())).toEqual(["label"]);
    const chosen = store.traits.palette.peek().label?.bird as string;
    expect(chosen).toMatch(/^#[0-9a-f]{6}$/);
    await vi.waitFor(() => expect(find(".pt-legend-swatch")[4]?.getAttribute("aria-pressed")).toBe("true"));
    find(".pt-legend-link")
      .find((el) => el.textContent === "reset")
      ?.click();
    expect(store.traits.palette.peek()).toEqual({});
    dispose();
  });

  test("the keys go into the colours and back to their line; Escape closes the menu and what is selected stays", async () => {
    const { store, el, find, dispose } = mounted();
    let left = 0;
    el.addEventListener("keydown", () => left++);
    const press = (key: string) =>
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const line = find(".pt-legend-row")[1];
    line?.focus();
    press("c");
    await vi.waitFor(() => expect(document.activeElement?.className).toBe("pt-legend-swatch"));
    expect(document.activeElement?.getAttribute("aria-pressed")).toBe("true");
    press("Escape");
    await vi.waitFor(() => expect(document.activeElement).toBe(line));
    expect(find(".pt-legend-colors").length).toBe(0);
    find(".pt-legend-more-button")[0]?.click();
    await vi.waitFor(() => expect(find(".pt-legend-menu").length).toBe(1));
    find(".pt-legend-menu input")[0]?.focus();
    press("Escape");
    await vi.waitFor(() => expect(find(".pt-legend-menu").length).toBe(0));
    expect(document.activeElement).toBe(find(".pt-legend-more-button")[0]);
    expect(left).toBe(0);
    expect(store.selection.peek().count).toBe(0);
    dispose();
  });

  test("the menu of numbers sets their scale; columns are chosen for the card", async () => {
    const { store, find, dispose } = mounted();
    const values = Float32Array.from({ length: 60 }, (_, row) => row + 1);
    store.color.value = { kind: "number", name: "size", revision: 1, values, low: 1, high: 60 };
    find(".pt-legend-more-button")[0]?.click();
    const choose = async (text: string) => {
      const box = () =>
        find(".pt-legend-menu label")
          .find((el) => el.textContent === text)
          ?.querySelector("input");
      await vi.waitFor(() => expect(box()).toBeTruthy());
      box()?.click();
    };
    await choose("log");
    expect(store.traits.color_scale.peek()).toEqual({ kind: "log", reversed: false });
    await choose("reversed");
    expect(store.traits.color_scale.peek()).toEqual({ kind: "log", reversed: true });
    await choose("label");
    expect(store.traits.card_columns.peek()).toEqual([]);
    dispose();
  });

  test("numbers: the ends of the bar are moved by keys, and what is out of the range is hidden", async () => {
    const { store, find, dispose } = mounted();
    const values = Float32Array.from({ length: 60 }, (_, row) => (row === 0 ? Number.NaN : row));
    store.color.value = { kind: "number", name: "size", revision: 1, values, low: 1, high: 59 };
    await vi.waitFor(() => expect(find(".pt-legend-handle").length).toBe(2));
    for (let press = 0; press < 25; press++) {
      find(".pt-legend-handle")[0]?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
      await vi.waitFor(() =>
        expect(Number(find(".pt-legend-handle")[0]?.getAttribute("aria-valuenow"))).toBeGreaterThan(1 + press * 1.16),
      );
    }
    expect(store.filters.peek()[0]?.low).toBeCloseTo(30, 4);
    expect(store.hidden.peek()?.count).toBe(30);
    expect(find(".pt-legend-row").map((row) => row.textContent)).toEqual(["no value1"]);
    dispose();
  });

  test("numbers: the rows without a value are hidden, shown alone, and shown again", async () => {
    const { store, find, dispose } = mounted();
    const size = { kind: "number", name: "size", revision: 1 } as const;
    const filters = () => store.filters.peek();
    const press = async (name: string, then: Filter[]) => {
      find(`[aria-label="${name}"]`)[0]?.click();
      expect(filters()).toEqual(then);
      await vi.waitFor(() => expect(find(".pt-legend-all").length).toBe(then.length));
    };
    const hides = { column: "size", low: null, high: null, missing: true };
    for (const finite of [30, 0]) {
      const values = Float32Array.from({ length: 60 }, (_, row) => (row < finite ? row : Number.NaN));
      store.color.value = { ...size, values, low: finite ? 0 : null, high: finite ? 29 : null };
      await vi.waitFor(() =>
        expect(find(".pt-legend-row").map((row) => row.textContent)).toEqual([`no value${60 - finite}`]),
      );
      await press("Hide no value", [hides]);
      expect(store.hidden.peek()?.count).toBe(60 - finite);
      await press("Show no value", []);
      await press("Show only no value", [{ column: "size", keep: [], missing: false }]);
      expect(store.hidden.peek()?.count ?? 0).toBe(finite);
      await press("Show only no value", []);
    }
    dispose();
  });

  test("a brush that goes over the whole bar in the end is none, and hides no row without a value", async () => {
    const { store, find, dispose } = mounted();
    const values = Float32Array.from({ length: 60 }, (_, row) => (row === 0 ? Number.NaN : row));
    store.color.value = { kind: "number", name: "size", revision: 1, values, low: 1, high: 59 };
    const drawn = signal<readonly Filter[]>([]);
    Object.assign(store, {
      filters: drawn,
      setFilters(next: Filter[], done: boolean) {
        drawn.value = next;
        if (done) store.set("filters", next);
      },
    });
    await vi.waitFor(() => expect(find(".pt-legend-bar").length).toBe(1));
    const bar = find(".pt-legend-bar")[0] as HTMLElement;
    bar.getBoundingClientRect = () => new DOMRect(0, 0, 100, 10);
    bar.setPointerCapture = () => {};
    const point = (type: string, clientX: number) =>
      bar.dispatchEvent(new PointerEvent(type, { clientX, button: 0, bubbles: true }));
    point("pointerdown", 0);
    point("pointermove", 50);
    expect(drawn.peek()).toEqual([{ column: "size", low: null, high: 30, missing: true }]);
    point("pointermove", 100);
    point("pointerup", 100);
    expect(store.traits.filters.peek()).toEqual([]);
    expect(drawn.peek()).toEqual([]);
    dispose();
  });

  test("a brush that leaves out no value is no filter", async () => {
    const { store, find, dispose } = mounted();
    const column = { kind: "number", name: "size", revision: 1 } as const;
    const press = (end: number, key: string) =>
      find(".pt-legend-handle")[end]?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    const values = new Float32Array(60).fill(5);
    values[0] = Number.NaN;
    store.color.value = { ...column, values, low: 5, high: 5 };
    await vi.waitFor(() => expect(find(".pt-legend-handle").length).toBe(2));
    press(0, "ArrowRight");
    press(1, "ArrowLeft");
    expect(store.filters.peek()).toEqual([]);
    const half = values.map((value, row) => (row < 30 ? value : row));
    store.color.value = { ...column, revision: 2, values: half, low: 5, high: 59 };
    store.set("color_scale", { kind: "quantile", reversed: false });
    await vi.waitFor(() => expect(find(".pt-legend-handle")[1]?.getAttribute("aria-valuenow")).toBe("59"));
    press(0, "ArrowRight");
    expect(store.filters.peek()).toEqual([]);
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

test("the card tells label, numbers and tags at once, before the kernel answers; the name comes later", async () => {
  const { store, find, dispose } = mounted();
  const label = store.color.peek() as CategoryColumn;
  const columns = {
    label,
    size: {
      kind: "number",
      name: "size",
      revision: 1,
      values: new Float32Array(60).fill(18_262),
      low: 0,
      high: 20_000,
    },
    tags: {
      kind: "tags",
      name: "tags",
      revision: 1,
      tags: ["<b>x</b>", "y"],
      masks: [maskOf(60, [5]), maskOf(60, [6])],
    },
  };
  store.column = (name) => signal(columns[name as keyof typeof columns] as Column);
  store.traits.columns.value = [
    { name: "label", kind: "category", revision: 1, description: "" },
    { name: "size", kind: "number", revision: 1, description: "", form: "date" },
    { name: "path", kind: "text", revision: 1, description: "" },
    { name: "tags", kind: "tags", revision: 1, description: "" },
  ];
  store.traits.tags.value = [{ name: "y", count: 1 }];
  store.traits.card_columns.value = ["label", "size", "path"];
  let answer: (details: DetailsAnswer) => void = () => undefined;
  store.details = () => new Promise((resolve) => (answer = resolve));
  find(".pt-map-stage")[0]?.dispatchEvent(new MouseEvent("pointerenter"));
  store.hover(5);
  await vi.waitFor(() => expect(find(".pt-map-card")[0]?.hidden).toBe(false));
  const text = (selector: string) => find(selector).map((el) => el.textContent);
  expect(text(".pt-map-card-value")).toEqual([
    label.categories[(label.codes[5] as number) - 1],
    "2020-01-01",
    "\u00a0",
  ]);
  expect(text(".pt-map-card-tag")).toEqual(["<b>x</b>"]);
  expect(text(".pt-map-card-name")).toEqual(["\u00a0"]);
  answer({
    row: 5,
    index: "5",
    name: "five.jpg",
    fields: [{ name: "path", value: "a/five.jpg" }],
    tags: [],
    failure: null,
  });
  await vi.waitFor(() => expect(text(".pt-map-card-name")).toEqual(["five.jpg"]));
  expect(text(".pt-map-card-value")[2]).toBe("a/five.jpg");
  dispose();
});

test("what is hidden has no ring and no lines, be it the one clicked last", async () => {
  const { store, find, dispose } = mounted();
  const ring = () => find(".pt-map-ring-focused")[0]?.style.display;
  find('[aria-label="Nearest images"]')[0]?.click();
  store.focus(10, "map");
  await vi.waitFor(() => expect(find(".pt-map-lines line").length).toBe(12));
  const { codes, categories } = store.color.peek() as CategoryColumn;
  store.setFilters([{ column: "label", hide: [categories[(codes[10] as number) - 1] as string], missing: false }]);
  expect([ring(), find(".pt-map-lines line").length]).toEqual(["none", 0]);
  store.setFilters([]);
  expect([ring(), find(".pt-map-lines line").length]).toEqual(["", 12]);
  dispose();
});

test("lines go from the hovered point to the nearest, the nearest strongest; hidden ones have none", async () => {
  const { store, find, dispose } = mounted();
  find('[aria-label="Nearest images"]')[0]?.click();
  store.hover(10);
  await vi.waitFor(() => expect(find(".pt-map-lines line").length).toBe(12));
  const opacity = find(".pt-map-lines line").map((line) => Number(line.getAttribute("opacity")));
  expect(opacity).toEqual([...opacity].sort((a, b) => b - a));
  expect([opacity[0], opacity.at(-1)]).toEqual([1, 0.25]);
  store.setFilters([{ column: "label", keep: [], missing: true }]);
  expect(find(".pt-map-lines line").length).toBe(0);
  store.setFilters([]);
  store.neighbours = async () => null;
  store.hover(11);
  await vi.waitFor(() => expect(find('[aria-label="Nearest images"]')[0]?.getAttribute("aria-pressed")).toBe("false"));
  expect(find(".pt-map-lines line").length).toBe(0);
  dispose();
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
