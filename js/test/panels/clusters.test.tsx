/** The clusters panel on a small kernel: trying, finding, naming, merging, undo; tables; what goes wrong. */

import { describe, expect, test } from "vitest";
import { rowsOf } from "../../src/bitmask";
import { packRows } from "../../src/bytes";
import { crossing, rowsOfCell, sizesOf } from "../../src/panels/clusters/crossing";
import { fromSlider, rangeOf, toSlider } from "../../src/panels/clusters/settings";
import type { CategoryColumn } from "../../src/store";
import { wordsIn } from "../../src/store/clusters";
import { type FakeModel, fakeModel, Refusal } from "../fakeModel";
import { find, press, shown, soon, stage } from "../stage";

const N = 60;
stage();

const text = (el: Element, selector: string) => find(el, selector).textContent?.trim();
const named = (el: Element, name: string) =>
  [...el.querySelectorAll("button")].find(
    (one) => one.textContent?.trim() === name || one.getAttribute("aria-label") === name,
  ) as HTMLButtonElement;

/** A kernel that makes three clusters of sixty rows: row % 3, the last six in none. */
function clustering(model: FakeModel): { names: string[] | null; reads: boolean } {
  const kernel: { names: string[] | null; reads: boolean } = { names: null, reads: false };
  const code = (row: number) => (row >= N - 6 ? 0 : (row % (kernel.names?.length ?? 1)) + 1);
  const changed = () => {
    const others = model.get("columns") as { name: string; revision: number }[];
    const revision = (others.find(({ name }) => name === "cluster")?.revision ?? 0) + 1;
    const info = { name: "cluster", kind: "category" as const, revision, description: "" };
    model.sync("columns", [...(others.filter(({ name }) => name !== "cluster") as never[]), info]);
  };
  const past: string[][] = [];
  model.answer("column", (({ name }: { name: string }) => {
    const names = name === "cluster" ? (kernel.names ?? []) : ["a", "b"];
    const codes = Uint8Array.from({ length: N }, (_, row) => (name === "cluster" ? code(row) : (row % 2) + 1));
    const { revision } = (model.get("columns") as { name: string; revision: number }[]).find(
      (one) => one.name === name,
    ) as { revision: number };
    return {
      answer: { name, kind: "category", revision, categories: names, places: [...names.keys()], low: null, high: null },
      packed: [{ about: { name: "codes", dtype: "u8", shape: [N] }, bytes: codes }],
    };
  }) as never);
  model.answer("clusters", () => ({
    answer: { column: kernel.names === null ? null : "cluster", names: kernel.names ?? [], reads_words: kernel.reads },
    packed: [
      packRows(
        "medoids",
        Uint32Array.from(kernel.names ?? [], (_, i) => i),
      ),
    ],
  }));
  model.answer("count_clusters", (({ option }: { option: number | null }) => {
    if (option !== null && option > 9) throw new Refusal("resolution=9.5: give less");
    return { answer: { option: option ?? 1, clusters: 3, noise: 6 } };
  }) as never);
  model.answer("cluster", () => {
    kernel.names = ["owls", "cats", "dogs"];
    changed();
    return { answer: { column: "cluster", option: 1, clusters: 3, noise: 6, again: false } };
  });
  model.answer("rename_cluster", (({ name, to }: { name: string; to: string }) => {
    past.push(kernel.names ?? []);
    kernel.names = (kernel.names ?? []).map((one) => (one === name ? to : one));
    changed();
    return { answer: { said: "renamed" } };
  }) as never);
  model.answer("merge_clusters", (({ names }: { names: string[] }) => {
    past.push(kernel.names ?? []);
    kernel.names = (kernel.names ?? []).filter((one) => one === names[0] || !names.includes(one));
    changed();
    return { answer: { said: "merged" } };
  }) as never);
  model.answer("step_clusters", () => {
    kernel.names = past.pop() ?? [];
    changed();
    return { answer: { said: "undone: the merge" } };
  });
  return kernel;
}

async function opened(reads = false) {
  const model = fakeModel({ n: N });
  const kernel = clustering(model);
  kernel.reads = reads;
  const el = shown(model);
  await soon();
  find(el, '.pt-rail [data-panel="clusters"]').click();
  await soon();
  return { model, kernel, el };
}

const lines = (el: Element) => [...el.querySelectorAll(".pt-cluster-name")].map((one) => one.textContent);
const asked = (model: FakeModel, what: string) => model.asked.filter(({ ask }) => ask === what);

async function found() {
  const all = await opened();
  named(all.el, "Find clusters").click();
  await soon(300);
  return all;
}

describe("the clusters panel", () => {
  test("counts what the settings would give, once they rest, and says what is wrong with them", async () => {
    const { el, model } = await opened();
    expect(text(el, ".pt-panel-empty")).toContain("No clusters yet");
    await soon(400);
    expect(text(el, ".pt-cluster-counts")).toBe("3 clusters · 6 images in none");
    expect(find<HTMLInputElement>(el, 'input[type="number"]').value).toBe("1");
    const slider = find<HTMLInputElement>(el, '.pt-cluster-form input[type="range"]');
    for (const share of ["0.1", "0.5", "0.999"]) {
      slider.value = share;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await soon(20);
    }
    await soon(400);
    expect(asked(model, "count_clusters").map(({ params }) => params.option)).toEqual([null, 9.9 + 0.1]);
    expect(text(el, ".pt-alarm-words")).toBe("resolution=9.5: give less");
    named(el, "HDBSCAN").click();
    await soon(400);
    expect(asked(model, "count_clusters").at(-1)?.params).toMatchObject({ method: "hdbscan", option: null });
  });

  test("words of one's own go along where the encoder understands words", async () => {
    expect(wordsIn(" red bus,\n\nsea ;sea, the  sky ,")).toEqual(["red bus", "sea", "the sky"]);
    const { el, model } = await opened(true);
    const field = find<HTMLTextAreaElement>(el, "textarea");
    expect(field.getAttribute("aria-label")).toBe("Words to name clusters by");
    field.value = "sea, sky\nsea";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    named(el, "Find clusters").click();
    await soon(300);
    expect(asked(model, "cluster").at(-1)?.params.words).toEqual(["sea", "sky"]);
  });

  test("else it says which encoders do, and none are asked for", async () => {
    const { el, model } = await found();
    expect(asked(model, "cluster").at(-1)?.params.words).toEqual([]);
    expect(el.querySelector("textarea")).toBeNull();
    expect(text(el, ".pt-own-words p")).toContain("clip/ViT-B-32/laion2b_s34b_b79k");
  });

  test("found clusters are listed and become the colour; a click selects by the grammar", async () => {
    const { el, model } = await found();
    expect(model.get("color_by")).toBe("cluster");
    expect(lines(el)).toEqual(["owls", "cats", "dogs", "in no cluster"]);
    const line = (at: number) => el.querySelectorAll<HTMLElement>(".pt-cluster-main")[at] as HTMLElement;
    const click = (at: number, more: MouseEventInit = {}) =>
      line(at).dispatchEvent(new MouseEvent("click", { bubbles: true, ...more }));
    click(1);
    await soon();
    expect(rowsOf(model.selection())[0]).toBe(1);
    expect(model.selection().count).toBe(18);
    click(3, { shiftKey: true });
    await soon();
    expect(model.selection().count).toBe(24);
    click(1, { altKey: true });
    await soon();
    expect(model.selection().count).toBe(6);
  });

  test("a name is edited in place, two selected ones are merged, and undo brings back", async () => {
    const { el, model, kernel } = await found();
    named(el, "Rename cats").click();
    await soon();
    const field = find<HTMLInputElement>(el, ".pt-cluster-field input");
    expect(document.activeElement).toBe(field);
    field.value = "big cats";
    press(field, "Enter");
    await soon(200);
    expect(lines(el)).toContain("big cats");
    expect(document.activeElement).toBe(find(el, '[data-cluster="big cats"]'));
    find(el, '[data-cluster="owls"]').click();
    await soon();
    find(el, '[data-cluster="big cats"]').dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await soon();
    const picked = model.selection().count;
    expect(picked).toBe(36);
    named(el, "merge them").click();
    await soon(200);
    expect(asked(model, "merge_clusters").at(-1)?.params).toEqual({ names: ["owls", "big cats"], into: null });
    expect(kernel.names).toEqual(["owls", "dogs"]);
    find(el, '.pt-tag-bar button[aria-label="Undo"]').click();
    await soon(200);
    expect(asked(model, "step_clusters").at(-1)?.params).toEqual({ direction: "undo" });
    expect(lines(el)).toContain("big cats");
  });

  test("the field of a name has the keys before the next one comes", async () => {
    const { el } = await found();
    press(find(el, '[data-cluster="cats"]'), "F2");
    await soon(0);
    expect(document.activeElement).toBe(find(el, ".pt-cluster-field input"));
  });

  test("a name that was refused is told until one is taken", async () => {
    const { el, model } = await found();
    model.answer("rename_cluster", (() => {
      throw new Refusal("'dogs' is another cluster's name");
    }) as never);
    const called = async (name: string) => {
      named(el, "Rename cats").click();
      await soon();
      const field = find<HTMLInputElement>(el, ".pt-cluster-field input");
      field.value = name;
      press(field, "Enter");
      await soon(200);
    };
    await called("dogs");
    expect(text(el, ".pt-toast span")).toContain("was not renamed");
    model.answer("rename_cluster", () => ({ answer: { said: "renamed" } }));
    await called("lions");
    expect(el.querySelector(".pt-toast")).toBeNull();
  });

  test("two clusters of which a filter hides some are merged by what one sees of them", async () => {
    const { el, model } = await found();
    model.sync("filters", [{ column: "label", hide: ["b"], missing: false }]);
    await soon(100);
    find(el, '[data-cluster="owls"]').click();
    await soon();
    expect(find(el, ".pt-cluster[data-picked]").dataset.picked).toBe("all");
    expect(text(el, ".pt-cluster-size")).toBe("9 / 18");
    find(el, '[data-cluster="cats"]').dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await soon();
    named(el, "merge them").click();
    await soon(200);
    expect(asked(model, "merge_clusters").at(-1)?.params).toEqual({ names: ["owls", "cats"], into: null });
  });

  test("a cluster is tagged, hidden, and seen beside the labels", async () => {
    const { el, model } = await found();
    named(el, "Tag dogs").click();
    await soon();
    press(find(el, ".pt-cluster-field input"), "Enter");
    await soon(200);
    expect(model.get("tags")).toEqual([{ name: "dogs", count: 18 }]);
    named(el, "Hide owls").click();
    await soon();
    expect(model.get("filters")).toEqual([{ column: "cluster", hide: ["owls"], missing: false }]);
    named(el, "Show owls").click();
    named(el, "Table").click();
    await soon(200);
    named(el, "cats, b: 9 images").click();
    await soon();
    expect(rowsOf(model.selection()).slice(0, 3)).toEqual(Uint32Array.from([1, 7, 13]));
  });
});

describe("the clusters panel without a kernel", () => {
  test("says why there is nothing to show, while the kernel is busy and once it is gone", async () => {
    const model = fakeModel({ n: N });
    clustering(model);
    const el = shown(model);
    await soon();
    model.busy = true;
    find(el, '.pt-rail [data-panel="clusters"]').click();
    await soon();
    expect(el.querySelector(".pt-panel-empty")).toBeNull(); // it may answer yet
    await soon(10_000);
    expect(text(el, ".pt-panel-empty")).toBe("The kernel is busy: the clusters come when it is free.");
    model.trigger("comm_live_update");
    await soon();
    expect(text(el, ".pt-panel-empty")).toBe("The kernel is gone. Run the cell again to reconnect.");
  });

  test("keeps what it showed", async () => {
    const { el, model } = await found();
    const before = lines(el);
    expect(before).toContain("owls");
    model.trigger("comm_live_update");
    for (let clicks = 0; clicks < 2; clicks++) {
      find(el, '.pt-rail [data-panel="clusters"]').click();
      await soon(300);
    }
    expect(lines(el)).toEqual(before);
    expect(el.querySelector(".pt-panel-empty")).toBeNull();
  });
});

const column = (codes: number[], categories: string[]): CategoryColumn => ({
  kind: "category",
  name: "x",
  revision: 1,
  codes: Uint16Array.from(codes),
  categories,
});

test("crossing counts as a loop over the rows does", () => {
  const down = column([1, 1, 2, 0, 2, 2], ["a", "b"]);
  const across = column([1, 2, 2, 1, 0, 2], ["x", "y", "never"]);
  const table = crossing(down, across);
  expect(table.across).toEqual([1, 0, -1]);
  expect([0, 1].map((row) => table.across.map((code) => table.count(row, code)))).toEqual([
    [1, 1, 0],
    [2, 0, 1],
  ]);
  expect(rowsOf(rowsOfCell(down, across, 1, 1))).toEqual(Uint32Array.from([2, 5]));
  expect(rowsOf(rowsOfCell(down, across, 1, -1))).toEqual(Uint32Array.from([4]));
  expect(Array.from(sizesOf(down))).toEqual([2, 3]);
});

test("two columns of as many categories as there are codes are crossed", () => {
  const n = 65_535;
  const names = Array.from({ length: n }, (_, i) => `class ${i}`);
  const down = column(
    [...names.keys(), 0, 0].map((i) => i + 1),
    names,
  );
  const table = crossing(
    down,
    column(
      [...names.keys(), n - 1, n - 1].map((i) => i + 1),
      names,
    ),
  );
  expect(table.across).toHaveLength(n);
  expect(table.across.slice(0, 2)).toEqual([n - 1, 0]);
  expect([table.count(0, n - 1), table.count(0, 0), table.count(1, 0)]).toEqual([2, 1, 0]);
});

test("the slider goes by ratios and comes back to where it was", () => {
  const range = rangeOf("communities", 1000);
  expect(fromSlider(0.5, range, false)).toBe(1);
  for (const value of [0.1, 0.5, 1, 4.2, 10]) expect(fromSlider(toSlider(value, range), range, false)).toBe(value);
  expect(fromSlider(1, rangeOf("kmeans", 10), true)).toBe(10);
  expect(rangeOf("hdbscan", 5).high).toBeGreaterThan(2);
});
