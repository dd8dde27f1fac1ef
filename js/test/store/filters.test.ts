import { describe, expect, test, vi } from "vitest";
import { has, maskOf, rowsOf } from "../../src/bitmask";
import { createLink } from "../../src/link";
import type { Filter } from "../../src/protocol.gen";
import type { CategoryColumn, NumberColumn, TagsColumn } from "../../src/store";
import { createStore } from "../../src/store/create";
import { filterWords, hiddenBy, hides, isolated, ranged, toggled } from "../../src/store/filters";
import { fakeModel } from "../fakeModel";

const about = { name: "c", revision: 1 };
const label: CategoryColumn = {
  ...about,
  kind: "category",
  codes: Uint8Array.of(0, 1, 2, 3, 1, 2, 3, 0, 1),
  categories: ["a", "<script>", "c"],
};
const score: NumberColumn = {
  ...about,
  kind: "number",
  values: Float32Array.of(Number.NaN, 0, 0.1, 0.5, 1, Number.POSITIVE_INFINITY, -1),
  low: -1,
  high: 1,
};
const tags: TagsColumn = {
  ...about,
  kind: "tags",
  tags: ["x", "y"],
  masks: [maskOf(9, [0, 1, 8]), maskOf(9, [1, 2])],
};
const rows = (filter: Partial<Filter>, column: CategoryColumn | NumberColumn | TagsColumn, n: number) =>
  Array.from(rowsOf(hiddenBy({ column: "c", missing: false, ...filter }, column, n)));

describe("what a filter hides", () => {
  test("categories named, or all but those kept; rows without a value when asked", () => {
    expect(rows({ hide: ["<script>"] }, label, 9)).toEqual([2, 5]);
    expect(rows({ hide: ["a"], missing: true }, label, 9)).toEqual([0, 1, 4, 7, 8]);
    expect(rows({ keep: ["c"], missing: true }, label, 9)).toEqual([0, 1, 2, 4, 5, 7, 8]);
    expect(rows({ keep: [] }, label, 9)).toEqual([1, 2, 3, 4, 5, 6, 8]);
  });

  test("numbers out of a range, compared as the column's float32; NaN apart", () => {
    expect(rows({ low: 0.1, high: null }, score, 7)).toEqual([1, 6]);
    expect(rows({ low: 0, high: 0.1, missing: true }, score, 7)).toEqual([0, 3, 4, 5, 6]);
    expect(rows({ low: null, high: null, missing: true }, score, 7)).toEqual([0]);
    expect(rows({ keep: [] }, score, 7)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("tags: a row with one hidden tag is hidden, one with a kept tag is not", () => {
    expect(rows({ hide: ["x"] }, tags, 9)).toEqual([0, 1, 8]);
    expect(rows({ keep: ["y"], missing: true }, tags, 9)).toEqual([0, 3, 4, 5, 6, 7, 8]);
    expect(hiddenBy({ column: "c", keep: [], missing: true }, tags, 9).count).toBe(9);
  });
});

test("filters are changed one entry at a time; one that hides nothing is none", () => {
  const one = toggled([], "c", "a");
  expect(one).toEqual([{ column: "c", hide: ["a"], missing: false }]);
  expect(toggled(one, "c", "a")).toEqual([]);
  expect(toggled(one, "c", null)).toEqual([{ column: "c", hide: ["a"], missing: true }]);
  const only = isolated(one, "c", "b");
  expect(only).toEqual([{ column: "c", keep: ["b"], missing: true }]);
  expect(toggled(only, "c", "a")).toEqual([{ column: "c", keep: ["b", "a"], missing: true }]);
  expect(isolated(only, "c", "b")).toEqual([]);
  expect([null, "a", "b"].map((name) => hides(only[0] as Filter, name))).toEqual([true, true, false]);
  expect(isolated([], "c", null)).toEqual([{ column: "c", keep: [], missing: false }]);
  const without = { column: "d", low: null, high: null, missing: true };
  expect(toggled([], "d", null, "number")).toEqual([without]);
  expect(toggled([without], "d", null, "number")).toEqual([]);
  expect(toggled([], "d", null, "tags")).toEqual([{ column: "d", hide: [], missing: true }]);
  const both = ranged(one, "d", 0.25, null);
  expect(both.map(filterWords)).toEqual(["c: without a", "d: from 0.25"]);
  expect(ranged(both, "d", null, null)).toEqual([...one, without]);
});

test("a first range hides the rows without a value; another range, and none, leave what was chosen for them", () => {
  const first = ranged([], "d", null, 2);
  expect(first).toEqual([{ column: "d", low: null, high: 2, missing: true }]);
  expect(ranged(first, "d", 1, 2)).toEqual([{ column: "d", low: 1, high: 2, missing: true }]);
  const shown = toggled(first, "d", null, "number");
  expect(ranged(shown, "d", 1, null)).toEqual([{ column: "d", low: 1, high: null, missing: false }]);
  expect(ranged(shown, "d", null, null)).toEqual([]);
  const hidden = toggled([], "d", null, "number");
  expect(ranged(ranged(hidden, "d", 1, 2), "d", null, null)).toEqual(hidden);
  expect(ranged([], "d", null, null)).toEqual([]);
  const alone = isolated([], "d", null);
  expect(ranged(alone, "d", 1, 2)).toEqual([{ column: "d", low: 1, high: 2, missing: true }]);
});

describe("the store", () => {
  const until = (check: () => void) => vi.waitFor(check);
  const opened = () => {
    const model = fakeModel({ n: 100 });
    return { model, store: createStore(createLink(model)) };
  };

  test("several filters hide what any hides; the grid, select all and clicks leave hidden rows out", async () => {
    const { model, store } = opened();
    store.setFilters([...toggled([], "label", "cat"), ...ranged([], "sharpness", 0.5, null)]);
    await until(() => expect(store.column("sharpness").value).not.toBeNull());
    await until(() => expect(store.column("label").value).not.toBeNull());
    const codes = (store.column("label").value as CategoryColumn).codes;
    const values = (store.column("sharpness").value as NumberColumn).values;
    const seen = Array.from({ length: 100 }, (_, row) => row).filter(
      (row) => codes[row] !== 3 && (values[row] as number) >= 0.5,
    );
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThan(60);
    expect(Array.from(store.order.value.slice())).toEqual(seen);
    store.selectShown();
    expect(Array.from(rowsOf(store.selection.value))).toEqual(seen);
    const away = Array.from({ length: 100 }, (_, row) => row).find((row) => !seen.includes(row)) as number;
    store.select([away, seen[0] as number], "replace");
    expect(Array.from(rowsOf(store.selection.value))).toEqual([seen[0]]);
    store.clearSelection();
    expect(model.get("filters")).toEqual(store.filters.value);
    store.setFilters([]);
    expect(store.hidden.value).toBeNull();
    expect(store.order.value.length).toBe(100);
    store.close();
  });

  test("a filter with names that the column here does not have yet hides what it hid before", async () => {
    const { model, store } = opened();
    store.setFilters(isolated([], "label", "cat"));
    await until(() => expect(store.column("label").value).not.toBeNull());
    const hidden = store.hidden.value;
    expect(hidden?.count).toBeGreaterThan(50);
    model.sync("filters", [{ column: "label", keep: ["tomcat"], missing: true }]);
    expect(store.hidden.value).toEqual(hidden);
    model.sync("filters", [{ column: "label", keep: ["dog"], missing: true }]);
    expect(store.hidden.value).not.toEqual(hidden);
    store.close();
  });

  test("a brush under way stays in the browser; undo takes a filter back, and what is hidden stays selected", async () => {
    const { model, store } = opened();
    store.column("sharpness");
    await until(() => expect(store.column("sharpness").value).not.toBeNull());
    store.select([1, 2, 3], "replace");
    store.setFilters(ranged([], "sharpness", 2, null), false);
    expect(store.hidden.value?.count).toBe(100);
    expect(model.get("filters")).toEqual([]);
    store.setFilters(ranged([], "sharpness", 0.5, null));
    expect(store.next.value.undo).toBe("the last filter");
    expect(Array.from(rowsOf(store.selection.value))).toEqual([1, 2, 3]);
    expect(Array.from(store.order.value.slice())).toEqual(
      [1, 2, 3].filter((row) => !has(store.hidden.value as never, row)),
    );
    store.undo();
    expect(model.get("filters")).toEqual([]);
    expect(Array.from(store.order.value.slice())).toEqual([1, 2, 3]);
    store.redo();
    expect(model.get("filters")).toHaveLength(1);
    store.close();
  });
});
