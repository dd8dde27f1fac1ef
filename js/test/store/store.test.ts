import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fullMask, maskOf, rowsOf } from "../../src/bitmask";
import { packMask } from "../../src/bytes";
import { createLink } from "../../src/link";
import type { ColumnInfo } from "../../src/protocol.gen";
import { createStore } from "../../src/store/create";
import { type FakeModel, fakeModel, Refusal } from "../fakeModel";

const soon = () => vi.advanceTimersByTimeAsync(10);
const N = 100;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function opened(model: FakeModel = fakeModel({ n: N })) {
  const store = createStore(createLink(model), async () => ({ width: 4, height: 4, close() {} }) as ImageBitmap);
  return { model, store, selected: () => Array.from(rowsOf(store.selection.value)) };
}

const inKernel = (model: FakeModel) => Array.from(rowsOf(model.selection()));

describe("the selection", () => {
  test("changes at once here and a moment later in the kernel", async () => {
    const { model, store, selected } = opened();
    store.select([3, 5], "replace");
    expect(selected()).toEqual([3, 5]);
    expect(inKernel(model)).toEqual([]);
    await soon();
    expect(inKernel(model)).toEqual([3, 5]);
    store.select([7], "add");
    store.select([3], "subtract");
    store.select(maskOf(N, [5, 6, 7]), "intersect");
    expect(selected()).toEqual([5, 7]);
    await soon();
    expect(inKernel(model)).toEqual([5, 7]);
  });

  test("many changes while the kernel is slow: it hears the first and the last", async () => {
    const { model, store } = opened();
    model.wait_ms = () => 50;
    for (let row = 0; row < 20; row++) store.select([row], "replace");
    await vi.advanceTimersByTimeAsync(200);
    expect(model.asked.filter(({ ask }) => ask === "select")).toHaveLength(2);
    expect(inKernel(model)).toEqual([19]);
  });

  test("made in Python is shown, and the grid shows those", async () => {
    const { model, store, selected } = opened();
    model.selectFromPython([1, 2]);
    expect(selected()).toEqual([1, 2]);
    expect(Array.from(store.order.value.slice())).toEqual([1, 2]);
    expect(model.asked.filter(({ ask }) => ask.startsWith("select"))).toEqual([]);
  });

  test("of the kernel is fetched when a view comes late", async () => {
    const model = fakeModel({ n: N });
    model.selectFromPython([4]);
    const { selected } = opened(model);
    await soon();
    expect(selected()).toEqual([4]);
  });

  test("fetched late does not undo what was selected meanwhile", async () => {
    const model = fakeModel({ n: N });
    model.selectFromPython([4]);
    model.wait_ms = (question) => (question === "selection" ? 100 : 5);
    const { store, selected } = opened(model);
    store.select([9], "replace");
    await vi.advanceTimersByTimeAsync(300);
    expect(selected()).toEqual([9]);
  });

  test("an old event that arrives late brings nothing back", async () => {
    const { model, store, selected } = opened();
    model.selectFromPython([1]);
    model.selectFromPython([2]);
    const old = packMask("mask", maskOf(N, [1]));
    model.event("selection", { revision: 1, count: 1, client: "" }, [old]);
    expect(selected()).toEqual([2]);
    store.select([3], "replace");
    model.event("selection", { revision: 2, count: 1, client: "" }, [old]);
    await soon();
    expect(selected()).toEqual([3]);
  });

  test("of somebody else during one of ours: the one the kernel numbered last counts, on both sides", async () => {
    for (const theirsLast of [true, false]) {
      const { model, store, selected } = opened();
      model.wait_ms = () => 50;
      store.select([5], "replace");
      const theirs = packMask("mask", maskOf(N, [8]));
      if (theirsLast) {
        await vi.advanceTimersByTimeAsync(40);
        model.event("selection", { revision: 9, count: 1, client: "other" }, [theirs]);
      } else model.selectFromPython([8]);
      expect(selected()).toEqual([5]);
      await vi.advanceTimersByTimeAsync(100);
      expect(selected()).toEqual([theirsLast ? 8 : 5]);
    }
  });

  test("that the kernel refuses is said and taken back", async () => {
    const { model, store, selected } = opened();
    model.selectFromPython([1]);
    const send = model.send;
    model.send = (content, callbacks, buffers) => {
      const ask = content as { ask: string; client: string; id: number };
      if (ask.ask !== "select") return send(content, callbacks, buffers);
      const error = { kind: "failed", message: "no room", detail: "Traceback" };
      model.trigger("msg:custom", { client: ask.client, id: ask.id, error }, []);
    };
    store.select([9], "replace");
    await soon();
    expect(store.toast.value).toMatchObject({ kind: "error", detail: "Traceback" });
    expect(store.toast.value?.text).toContain("no room");
    expect(selected()).toEqual([1]);
  });
});

describe("the grid's rows", () => {
  test("are all rows, those of a selection from outside, and stay while one picks among them", () => {
    const { store } = opened();
    expect(store.order.value).toHaveLength(N);
    store.select([10, 20, 30], "replace");
    expect(Array.from(store.order.value.slice())).toEqual([10, 20, 30]);
    store.select([20], "replace", "grid");
    expect(Array.from(store.order.value.slice())).toEqual([10, 20, 30]);
    expect(store.selection.value.count).toBe(1);
    store.selectShown();
    expect(store.selection.value.count).toBe(3);
    store.clearSelection();
    expect(store.order.value).toHaveLength(N);
    expect(store.shown.value).toBeNull();
  });

  test("picked among all, all stay", () => {
    const { store } = opened();
    store.select([1], "replace", "grid");
    store.select([2], "add", "grid");
    expect(store.order.value).toHaveLength(N);
    store.selectShown();
    expect(store.selection.value.count).toBe(N);
  });

  test("are the same in another browser and after a reload", async () => {
    const { model, store } = opened();
    const other = opened(model);
    store.select([10, 20, 30], "replace");
    store.select([20], "replace", "grid");
    await soon();
    const late = opened(model);
    await soon();
    for (const { store } of [other, late]) {
      expect(Array.from(store.order.value.slice())).toEqual([10, 20, 30]);
      expect(Array.from(rowsOf(store.selection.value))).toEqual([20]);
    }
    store.clearSelection();
    store.select([5], "replace", "grid");
    await soon();
    expect(other.store.order.value).toHaveLength(N);
    expect(other.store.selection.value.count).toBe(1);
  });

  test("are sorted by a column, missing ones last in both directions", async () => {
    const { store } = opened();
    const values = store.column("sharpness");
    store.set("sort_by", "sharpness");
    void store.order.value;
    await soon();
    const column = values.value as { values: Float32Array };
    for (const descending of [false, true]) {
      store.set("sort_descending", descending);
      const sorted = Array.from(store.order.value.slice(), (row) => column.values[row] as number);
      const present = sorted.filter((value) => !Number.isNaN(value));
      expect(present).toEqual([...present].sort((a, b) => (descending ? b - a : a - b)));
      expect(sorted.slice(present.length).every(Number.isNaN)).toBe(true);
      expect(present.length).toBeLessThan(N);
    }
  });
});

describe("layouts and columns", () => {
  test("are asked for once by revision", async () => {
    const { model, store } = opened();
    await soon();
    expect(store.layout.value).toMatchObject({ name: "umap", revision: 1, dims: 2 });
    expect(store.layout.value?.xy).toHaveLength(2 * N);
    void store.color.value;
    void store.column("label").value;
    await soon();
    expect(store.color.value).toMatchObject({ kind: "category", name: "label" });
    model.sync("columns", [...(model.get("columns") as [])]);
    await soon();
    expect(model.asked.map(({ ask }) => ask).sort()).toEqual(["column", "layout"]);
  });

  test("another colour is asked for alone, without the positions", async () => {
    const { model, store } = opened();
    void store.layout.value;
    void store.color.value;
    await soon();
    store.set("color_by", "sharpness");
    void store.color.value;
    await soon();
    expect(store.color.value?.name).toBe("sharpness");
    expect(model.asked.map(({ ask }) => ask).sort()).toEqual(["column", "column", "layout"]);
  });

  test("points keep their colours until those of another column are here, and lose them with the column", async () => {
    const { model, store } = opened();
    void store.color.value;
    await soon();
    expect(store.color.value?.name).toBe("label");
    model.wait_ms = () => 50;
    store.set("color_by", "sharpness");
    expect(store.color.value?.name).toBe("label");
    await vi.advanceTimersByTimeAsync(60);
    expect(store.color.value?.name).toBe("sharpness");
    model.sync(
      "columns",
      (model.get("columns") as ColumnInfo[]).filter(({ name }) => name !== "sharpness"),
    );
    expect(store.color.value).toBeNull();
    store.set("color_by", "label");
    expect(store.color.value?.name).toBe("label");
    store.set("color_by", null);
    expect(store.color.value).toBeNull();
  });

  test("those one may be about to choose are fetched one after the other, as far as they are not large", async () => {
    const { model, store } = opened();
    await soon();
    const category = (name: string): ColumnInfo => ({ name, kind: "category", revision: 1, description: "" });
    const asked = () =>
      model.asked.filter(({ ask }) => ask === "column").map(({ params }) => (params as { name: string }).name);
    model.sync("columns", [...(model.get("columns") as ColumnInfo[]), category("other")]);
    model.wait_ms = () => 30;
    const names = ["label", "sharpness", "tags", "path", "gone"];
    store.ahead(names);
    store.ahead(names);
    expect(asked()).toEqual(["label"]);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked()).toEqual(["label", "sharpness"]);
    expect(store.column("sharpness").value?.name).toBe("sharpness");
    model.sync("n", 5_000_000);
    store.ahead(["other"]);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked()).toEqual(["label", "sharpness"]);
  });

  test("revisions that come while one is fetched are fetched once, the newest", async () => {
    const { model, store } = opened();
    await soon();
    model.wait_ms = () => 50;
    const layouts = model.get("layouts") as { name: string; revision: number }[];
    for (let revision = 2; revision < 9; revision++) {
      model.sync("layouts", layouts.map((layout) => ({ ...layout, revision })) as never);
    }
    await vi.advanceTimersByTimeAsync(200);
    expect(store.layout.value?.revision).toBe(8);
    expect(model.asked.filter(({ ask }) => ask === "layout").length).toBeLessThanOrEqual(3);
  });

  test("a layout chosen meanwhile wins over the one on its way", async () => {
    const model = fakeModel({ n: N });
    model.wait_ms = () => 50;
    const { store } = opened(model);
    await soon();
    store.set("layout_name", "pca");
    await vi.advanceTimersByTimeAsync(200);
    expect(store.layout.value?.name).toBe("pca");
    expect(model.asked.some(({ ask }) => ask === "cancel")).toBe(true);
  });

  test("a refused one is said, not asked for again until it changes", async () => {
    const { model, store } = opened();
    model.answer("column", () => {
      throw new Refusal("the column is gone");
    });
    void store.column("label").value;
    await soon();
    expect(store.toast.value?.text).toBe('The column "label" could not be fetched: the column is gone');
    model.sync("columns", [...(model.get("columns") as [])]);
    await soon();
    expect(model.asked.filter(({ ask }) => ask === "column")).toHaveLength(1);
  });

  test("bytes of the wrong length are refused", async () => {
    const { model, store } = opened();
    model.answer("layout", ({ name }: { name: string }) => ({
      answer: { name, revision: 1, dims: 2 },
      packed: [{ about: { name: "xy", dtype: "f32", shape: [N - 1, 2] }, bytes: new Uint8Array(8 * (N - 1)) }],
    }));
    await soon();
    expect(store.layout.value).toBeNull();
    expect(store.toast.value?.text).toContain("not f32 of shape [100,2]");
  });
});

describe("tags, undo and redo", () => {
  test("a tag reaches the kernel with the selection's rows", async () => {
    const { model, store } = opened();
    store.select([2, 4], "replace");
    await store.tag("night", "add");
    expect(model.get("tags")).toEqual([{ name: "night", count: 2 }]);
    expect(store.toast.value?.text).toContain("2 images tagged");
  });

  test("undo takes back the latest of selection and tag, redo brings it again", async () => {
    const { model, store, selected } = opened();
    store.select([1], "replace");
    await store.tag("night", "add");
    store.select([2], "replace");
    expect(store.next.value).toEqual({ undo: "the last selection", redo: null });
    store.undo();
    expect(selected()).toEqual([1]);
    expect(store.next.value.undo).toBe('tag "night"');
    store.undo();
    await soon();
    expect(model.get("tags")).toEqual([]);
    expect(selected()).toEqual([1]);
    store.undo();
    expect(selected()).toEqual([]);
    expect(store.next.value.undo).toBeNull();
    for (let i = 0; i < 3; i++) store.redo();
    await soon();
    expect(selected()).toEqual([2]);
    expect(model.get("tags")).toEqual([{ name: "night", count: 1 }]);
  });

  test("undo brings the grid back to what it showed", () => {
    const { store, selected } = opened();
    store.select([10, 20, 30], "replace");
    store.select([20], "replace", "grid");
    store.clearSelection();
    store.undo();
    expect(selected()).toEqual([20]);
    expect(Array.from(store.order.value.slice())).toEqual([10, 20, 30]);
    store.undo();
    store.undo();
    expect(store.order.value).toHaveLength(N);
    store.redo();
    store.redo();
    expect(Array.from(store.order.value.slice())).toEqual([10, 20, 30]);
    expect(selected()).toEqual([20]);
  });

  test("tags made before this browser came can be undone too", async () => {
    const { model, store } = opened();
    store.select([1], "replace");
    await store.tag("night", "add");
    const later = opened(model);
    expect(later.store.next.value.undo).toBe('tag "night"');
    later.store.undo();
    await soon();
    expect(model.get("tags")).toEqual([]);
  });

  test("a tag that is refused is said in the kernel's words", async () => {
    const { model, store } = opened();
    model.answer("tag", () => {
      throw new Refusal("a tag has at most 100 letters");
    });
    await store.tag("x", "add", fullMask(N));
    expect(store.toast.value).toMatchObject({
      kind: "error",
      text: '"x" was not added: a tag has at most 100 letters',
    });
    expect(store.next.value.undo).toBeNull();
  });
});

test("details are asked for once and again after a tag", async () => {
  const { model, store } = opened();
  await store.details(3);
  await store.details(3);
  expect(model.asked.filter(({ ask }) => ask === "details")).toHaveLength(1);
  store.select([3], "replace");
  await store.tag("night", "add");
  expect((await store.details(3)).tags).toEqual(["night"]);
});

test("a toast goes by itself", async () => {
  const { store } = opened();
  store.select([3], "replace");
  await store.tag("night", "add");
  expect(store.toast.value).not.toBeNull();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(store.toast.value).toBeNull();
});

test("closed, it leaves no listener on the model and no timer", async () => {
  const { model, store } = opened();
  store.thumbs.want(Symbol("view"), [1, 2, 3]);
  store.select([1], "replace");
  void store.color.value;
  await store.tag("night", "add");
  store.close();
  await soon();
  expect(model.listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

describe("outlines and live selections", () => {
  const outline = (base = maskOf(N, [])) => ({
    layout: "umap",
    corners: [0, 0, 0, 1, 0, 0, 1, 1, 0],
    base,
    mode: "replace" as const,
  });

  test("undo and redo bring outlines along; another selection and Python's take them away", async () => {
    const { model, store, selected } = opened();
    const first = outline();
    const second = outline();
    store.select([1, 2], "replace", first);
    store.select([3], "replace", second);
    store.undo();
    expect([selected(), store.outline.value]).toEqual([[1, 2], first]);
    store.redo();
    expect(store.outline.value).toBe(second);
    store.dropOutline();
    expect([selected(), store.outline.value]).toEqual([[3], null]);
    store.undo();
    expect(store.outline.value).toBe(second);
    await soon();
    model.selectFromPython([9]);
    expect([selected(), store.outline.value]).toEqual([[9], null]);
    store.select([4], "replace", first);
    store.clearSelection();
    expect(store.outline.value).toBeNull();
  });

  test("invert takes what is not selected and not hidden", async () => {
    const { store } = opened();
    store.select([0, 1], "replace");
    store.invertSelection();
    expect(store.selection.value.count).toBe(N - 2);
    store.invertSelection();
    expect(Array.from(rowsOf(store.selection.value))).toEqual([0, 1]);
  });

  test("a selection under way reaches the kernel only when live, the newest wins, and giving up takes it back", async () => {
    const { model, store, selected } = opened();
    store.select([5], "replace");
    await soon();
    store.setPreview(maskOf(N, [1]));
    store.setPreview(null);
    await soon();
    expect(model.asked.filter(({ ask }) => ask === "select").length).toBe(1);
    store.set("live_selection", true);
    model.wait_ms = () => 50;
    for (let row = 10; row < 30; row++) store.setPreview(maskOf(N, [row]));
    await vi.advanceTimersByTimeAsync(200);
    expect(inKernel(model)).toEqual([29]);
    expect(model.asked.filter(({ ask }) => ask === "select").length).toBe(3);
    expect(selected()).toEqual([5]);
    store.setPreview(null);
    await vi.advanceTimersByTimeAsync(200);
    expect(inKernel(model)).toEqual([5]);
    store.setPreview(maskOf(N, [7]));
    store.select([7], "replace");
    store.setPreview(null);
    await vi.advanceTimersByTimeAsync(200);
    expect([inKernel(model), selected()]).toEqual([[7], [7]]);
  });

  test("the same selection twice is one, and an event that comes late or twice changes nothing", async () => {
    const { model, store, selected } = opened();
    store.select([1, 2], "replace");
    store.select([2, 1], "replace");
    await soon();
    expect(model.asked.filter(({ ask }) => ask === "select").length).toBe(1);
    const event = (revision: number, rows: number[]) =>
      model.event("selection", { revision, count: rows.length, client: "other" }, [packMask("mask", maskOf(N, rows))]);
    event(9, [4]);
    event(8, [3]);
    event(9, [5]);
    expect(selected()).toEqual([4]);
  });
});
