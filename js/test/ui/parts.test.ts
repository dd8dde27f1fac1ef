import { describe, expect, test } from "vitest";
import { apartAt } from "../../src/ui/choice";
import { gridOf } from "../../src/ui/header";
import { commandOf, isOfTheHost } from "../../src/ui/keys";
import { runsToShow } from "../../src/ui/status";
import { chipTags } from "../../src/ui/tag_bar";
import { completions } from "../../src/ui/tag_field";
import { count, duration, images, rate } from "../../src/ui/words";

const pressed = (key: string, more = {}) => {
  const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  return { key, ...none, ...more };
};
const key = (name: string, more = {}) => commandOf(pressed(name, more));

describe("keys of the widget", () => {
  test.each([
    ["z", { ctrlKey: true }, { do: "undo" }],
    ["z", { metaKey: true }, { do: "undo" }],
    ["Z", { metaKey: true, shiftKey: true }, { do: "redo" }],
    ["y", { ctrlKey: true }, { do: "redo" }],
    ["a", { ctrlKey: true }, { do: "all" }],
    ["?", { shiftKey: true }, { do: "help" }],
    ["Escape", {}, { do: "none" }],
    ["Enter", {}, { do: "details" }],
    ["t", {}, { do: "tag field" }],
    ["T", {}, { do: "tag field" }],
    ["3", {}, { do: "tag", digit: 3 }],
    ["f", {}, { do: "map", key: "f" }],
  ])("%s %o", (name, more, command) => {
    expect(key(name, more)).toEqual(command);
  });

  test.each([
    ["c", { ctrlKey: true }],
    ["f", { ctrlKey: true }],
    ["z", { ctrlKey: true, altKey: true }],
    ["1", { altKey: true }],
    ["Enter", { shiftKey: true }],
    ["0", {}],
    ["q", {}],
    ["Tab", {}],
  ])("%s %o is left to the browser", (name, more) => {
    expect(key(name, more)).toBeNull();
  });

  test.each([
    ["F1", {}, true],
    ["F5", { shiftKey: true }, true],
    ["s", { ctrlKey: true }, true],
    ["P", { metaKey: true, shiftKey: true }, true],
    ["X", { ctrlKey: true, shiftKey: true }, true],
    ["PageDown", { ctrlKey: true }, true],
    ["f", {}, false],
    ["F", { shiftKey: true }, false],
    ["x", { ctrlKey: true }, false],
    ["Z", { metaKey: true, shiftKey: true }, false],
    ["Enter", { ctrlKey: true }, false],
    ["q", { ctrlKey: true, altKey: true }, false],
  ])("%s %o is the notebook's too: %s", (name, more, is) => {
    expect(isOfTheHost(pressed(name, more))).toBe(is);
  });
});

test("chips: used here last first, then the most frequent, no more than digits", () => {
  const known = Array.from({ length: 12 }, (_, i) => ({ name: `t${i}`, count: i }));
  expect(chipTags(["t3", "gone", "t1"], known)).toEqual(["t3", "t1", "t11", "t10", "t9", "t8", "t7", "t6", "t5"]);
});

test("completions: what begins so, then what contains it, frequent ones first", () => {
  const known = [
    { name: "Night", count: 1 },
    { name: "nightly", count: 5 },
    { name: "bright", count: 9 },
  ];
  expect(completions("nigh", known)).toEqual(["nightly", "Night"]);
  expect(completions("igh", known)).toEqual(["bright", "nightly", "Night"]);
  expect(completions("x", known)).toEqual([]);
});

test("of several runs the working one is spoken of, else the last if it ended badly", () => {
  const run = (id: string, state: "running" | "done" | "failed" | "cancelled") => ({
    id,
    state,
    name: "",
    kind: "other" as const,
    done: 0,
    total: 0,
    rate: null,
    eta_s: null,
    message: "",
    detail: "",
  });
  const none = new Set<string>();
  const ids = (...given: Parameters<typeof runsToShow>) => runsToShow(...given).map(({ id }) => id);
  expect(ids([], none)).toEqual([]);
  expect(ids([run("a", "running"), run("b", "failed"), run("c", "running")], none)).toEqual(["c", "a"]);
  expect(ids([run("a", "failed"), run("b", "done")], none)).toEqual([]);
  expect(ids([run("a", "done"), run("b", "failed")], none)).toEqual(["b"]);
  expect(ids([run("b", "failed")], new Set(["b"]))).toEqual([]);
  expect(ids([run("b", "cancelled")], new Set(["b"]))).toEqual(["b"]);
});

test("a flat map is offered in a grid, also while it grows", () => {
  const map = (method: string, more = {}) => ({
    ...{ name: method, title: "UMAP", method, encoder: "", dims: 2 as const, revision: 1, placed: 9, added: 0 },
    ...{ status: "growing" as const },
    ...more,
  });
  const umap = map("umap");
  expect(gridOf(umap, [umap])).toEqual(["UMAP in a grid"]);
  expect(gridOf(umap, [umap, map("umap-grid")])).toEqual([]);
  expect(gridOf(map("umap", { dims: 3 }), [])).toEqual([]);
});

test("numbers and times in words", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect([images(0), images(1), images(2)]).toEqual(["0 images", "1 image", "2 images"]);
  expect([3, 12, 57, 600, 7300].map(duration)).toEqual(["a few seconds", "10 s", "1 min", "10 min", "2 h 2 min"]);
  expect([0.53, 9.9, 54.2, 12345].map(rate)).toEqual(["0.5/s", "9.9/s", "54/s", "12,345/s"]);
});

describe("what tells a name from its likes", () => {
  const maps = [
    "UMAP",
    "UMAP in a grid",
    "UMAP (30 neighbours, min_dist 0.05)",
    "UMAP (30 neighbours, min_dist 0.05, seed 1)",
    "UMAP (30 neighbours, min_dist 0.05, seed 2)",
    "UMAP (15 neighbours, min_dist 0.05)",
  ];
  test.each([
    ["UMAP", ""],
    ["UMAP in a grid", ""],
    ["UMAP (30 neighbours, min_dist 0.05)", "0.05)"],
    ["UMAP (30 neighbours, min_dist 0.05, seed 1)", "seed 1)"],
    ["UMAP (30 neighbours, min_dist 0.05, seed 2)", "seed 2)"],
    ["UMAP (15 neighbours, min_dist 0.05)", ""], // seen without more ado
  ])("%s", (text, apart) => {
    const at = apartAt(text, maps);
    expect(at === 0 ? "" : text.slice(at)).toBe(apart);
  });

  test("begins with a whole word, and is nothing where all are alike", () => {
    const at = (text: string, other: string) => text.slice(apartAt(text, [other]));
    expect(at("customer_segment_first", "customer_segment_final")).toBe("first");
    expect(at("предсказание модель", "предсказание моделей")).toBe("модель");
    expect(at("nearest kept 🐈a", "nearest kept 🐈b")).toBe("kept 🐈a");
    expect(at("same same same", "same same same")).toBe("same same same");
    expect(apartAt("", ["x"])).toBe(0);
  });
});
