/** Which rows are shown as tagged, and when the masks are asked for. */

import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import { maskOf, rowsOf } from "../../src/bitmask";
import { taggedRows } from "../../src/map/tagged";
import { type Look, RINGED_PX } from "../../src/scatter/look";
import type { Column } from "../../src/store";
import { fakeStore } from "../fakeStore";

const N = 40;
const MASKS = [maskOf(N, [1, 2]), maskOf(N, [2, 30])];

function opened() {
  const store = fakeStore(N, 2);
  const look = signal<Look>({ size_px: RINGED_PX, opacity: 1, rim: 0, density: null });
  const column = signal<Column | null>({ kind: "tags", name: "tags", revision: 1, tags: ["a", "b"], masks: MASKS });
  const asked = vi.spyOn(store, "column").mockReturnValue(column);
  store.traits.columns.value = [{ name: "tags", kind: "tags", revision: 1, description: "" }];
  store.traits.tags.value = ["a", "b"].map((name) => ({ name, count: 2 })) as typeof store.traits.tags.value;
  const tagged = taggedRows(store, look);
  return { store, look, column, asked, rows: () => (tagged.value === null ? null : [...rowsOf(tagged.value)]) };
}

test("are those with any tag", () => {
  const { rows, column } = opened();
  expect(rows()).toEqual([1, 2, 30]);
  column.value = null;
  expect(rows()).toBeNull();
});

test("are not asked for where points are too small, nobody wants to see them, there are no tags or too many masks", () => {
  const { store, look, asked, rows } = opened();
  look.value = { ...look.value, size_px: RINGED_PX - 0.1 };
  expect(rows()).toBeNull();
  look.value = { ...look.value, size_px: 9 };
  store.traits.tags_shown.value = false;
  expect(rows()).toBeNull();
  store.traits.tags_shown.value = true;
  const tags = store.traits.tags.peek();
  store.traits.tags.value = [];
  expect(rows()).toBeNull();
  store.traits.tags.value = tags;
  store.traits.n.value = 10_000_000;
  expect(rows()).toBeNull();
  expect(asked).not.toHaveBeenCalled();
  store.traits.n.value = N;
  expect(rows()).toEqual([1, 2, 30]);
});
