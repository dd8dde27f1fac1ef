import { describe, expect, test } from "vitest";
import { has, maskOf } from "../../src/bitmask";
import type { Column } from "../../src/store";
import { orderOf, sortedRows } from "../../src/store/order";
import { orderOfCodes, orderOfNumbers } from "../../src/store/radix";
import { timeline } from "../../src/store/timeline";
import { seeded } from "../fakeStore";

describe("order by value", () => {
  test.each([0, 1, 2, 3000])("of %i numbers is what a stable sort gives, NaN last", (n) => {
    const random = seeded(n);
    const special = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40];
    const values = Float32Array.from({ length: n }, () =>
      random() < 0.2
        ? (special[Math.floor(random() * special.length)] as number)
        : Math.round((random() - 0.5) * 2000) / 7,
    );
    const nan = (value: number) => Number(Number.isNaN(value));
    const expected = Array.from(values.keys()).sort((a, b) => {
      const [x, y] = [values[a] as number, values[b] as number];
      return nan(x) - nan(y) || (nan(x) ? 0 : x < y ? -1 : x > y ? 1 : 0) || a - b;
    });
    expect(Array.from(orderOfNumbers(values))).toEqual(expected);
  });

  test("numbers that are a window into a message", () => {
    const values = Float32Array.of(9, 3, 1, 2).subarray(1);
    expect(Array.from(orderOfNumbers(values))).toEqual([1, 2, 0]);
  });

  test("codes in the order of the categories, missing last, equal ones by row", () => {
    expect(Array.from(orderOfCodes(Uint8Array.of(2, 0, 1, 2, 0, 1)))).toEqual([2, 5, 0, 3, 1, 4]);
  });
});

const number = (values: number[]): Column => ({
  kind: "number",
  name: "score",
  revision: 1,
  low: 0,
  high: 1,
  values: Float32Array.from(values),
});

test("downwards, missing ones stay last", () => {
  expect(Array.from(sortedRows(number([1, Number.NaN, 3, 2]), true) as Uint32Array)).toEqual([2, 3, 0, 1]);
});

test("tags have no order", () => {
  expect(sortedRows({ kind: "tags", name: "tags", revision: 1, tags: [], masks: [] }, false)).toBeNull();
});

test("a place has a row and the row that place, whether all are shown, some, or some by a column", () => {
  const n = 300;
  const random = seeded(2);
  const some = maskOf(
    n,
    Array.from({ length: 90 }, () => Math.floor(n * random())),
  );
  const column = Float32Array.from({ length: n }, () => random());
  for (const shown of [null, some, maskOf(n, [])]) {
    for (const sorted of [null, orderOfNumbers(column)]) {
      const order = orderOf(n, shown, sorted);
      const rows = Array.from({ length: n }, (_, row) => row).filter((row) => shown === null || has(shown, row));
      if (sorted !== null) rows.sort((a, b) => (column[a] as number) - (column[b] as number));
      expect(Array.from(order.slice())).toEqual(rows);
      expect(order.length).toBe(rows.length);
      for (let row = -1; row <= n; row++) expect(order.placeOf(row)).toBe(rows.indexOf(row));
      for (let place = -1; place <= n; place++) expect(order.at(place)).toBe(rows[place] ?? -1);
      for (const [from, to] of [
        [0, 7],
        [5, 80],
        [290, 400],
        [400, 500],
      ])
        expect(Array.from(order.slice(from, to))).toEqual(rows.slice(from, to));
    }
  }
});

test("all rows by row take no memory, however many", () => {
  const order = orderOf(4e9, null, null);
  expect(order.at(3e9)).toBe(3e9);
  expect(order.placeOf(3e9)).toBe(3e9);
  expect(Array.from(order.slice(3e9, 3e9 + 2))).toEqual([3e9, 3e9 + 1]);
});

test("shown rows keep the order of all", () => {
  const sorted = Uint32Array.of(3, 1, 0, 2);
  expect(Array.from(orderOf(4, null, null).slice())).toEqual([0, 1, 2, 3]);
  expect(Array.from(orderOf(4, maskOf(4, [0, 3]), null).slice())).toEqual([0, 3]);
  expect(Array.from(orderOf(4, maskOf(4, [0, 3]), sorted).slice())).toEqual([3, 0]);
});

test("a new step ends what could be done again; old steps are forgotten", () => {
  const past = timeline();
  const at = (row: number) => ({ mask: maskOf(100, [row]), shown: null, outline: null });
  for (let row = 0; row < 60; row++) past.did({ kind: "selection", before: at(row), after: at(row + 1) });
  let steps = 0;
  while (past.back() !== null) steps++;
  expect(steps).toBe(50);
  expect(past.next.value.undo).toBeNull();
  expect(past.forward()).toMatchObject({ kind: "selection" });
  past.did({ kind: "tag" });
  expect(past.forward()).toBeNull();
});
