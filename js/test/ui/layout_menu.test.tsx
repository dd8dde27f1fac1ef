/** The box of maps: each with its quality, a form for another one, and the map of a selection with a way back. */

import { expect, test } from "vitest";
import { methodWith, qualityWords, usual } from "../../src/ui/layout_menu";
import { fakeModel } from "../fakeModel";
import { find, shown, soon, stage } from "../stage";

stage();

function opened() {
  const model = fakeModel({ n: 60 });
  model.answer("measure_layout", (({ name }: { name: string }) => ({
    answer: { trustworthiness: name === "pca" ? 0.81 : 0.97, preserved: 0.5, k: 15 },
  })) as never);
  return { model, el: shown(model) };
}

test("each map is measured once when the box opens, and the form makes another beside them", async () => {
  const { model, el } = opened();
  await soon();
  const button = find(el, '[aria-label="Maps and their quality"]');
  button.click();
  await soon(200);
  const words = [...el.querySelectorAll(".pt-layouts li")].map((one) => one.textContent);
  const by = "colour by it";
  expect(words).toEqual([
    `PCAtrust 0.81 · keeps 50 % of 15 nearest${by}`,
    `UMAPtrust 0.97 · keeps 50 % of 15 nearest${by}`,
  ]);
  find(el, ".pt-layouts li:nth-child(1) .pt-link").click();
  await soon();
  expect(model.asked.findLast(({ ask }) => ask === "keep_column")?.params).toMatchObject({ name: "pca" });
  expect(model.get("color_by")).toBe("nearest kept: pca | pixels");
  expect(model.get("layout_name")).toBe("pca");
  button.click();
  await soon();
  button.click();
  await soon(200);
  expect(model.asked.filter(({ ask }) => ask === "measure_layout")).toHaveLength(2);
  const field = find<HTMLInputElement>(el, 'input[name="n_neighbors"]');
  expect(field.value).toBe("8"); // of so few
  field.value = "30";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await soon();
  find(el, ".pt-layout-form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await soon();
  expect(model.asked.findLast(({ ask }) => ask === "project")?.params).toMatchObject({
    method: "umap n_neighbors=30",
    dims: 2,
  });
  expect(el.querySelector(".pt-layouts")).toBeNull();
});

test("a selection is mapped on its own, and the whole map is one click away", async () => {
  const { model, el } = opened();
  await soon();
  model.selectFromPython([1, 2, 3]);
  await soon();
  const only = find<HTMLButtonElement>(el, '[aria-label="Map of these only"]');
  expect(only.disabled).toBe(true);
  model.selectFromPython([1, 2, 3, 4, 5]);
  await soon();
  find(el, '[aria-label="Map of these only"]').click();
  await soon();
  const asked = model.asked.findLast(({ ask }) => ask === "project");
  expect(asked?.params).toMatchObject({ method: "umap", dims: 2, buffers: [{ name: "mask", dtype: "bits" }] });
  const layouts = model.get("layouts") as Record<string, unknown>[];
  const name = "umap within=5-abc";
  model.sync("layouts", [...layouts, { ...layouts[1], name, method: name, title: "UMAP (5 images)" }] as never);
  model.sync("layout_name", name);
  await soon();
  find(el, '[aria-label="Maps and their quality"]').click();
  await soon(200);
  expect(find(el, ".pt-layouts li:last-of-type").textContent).toContain("trust 0.97 · keeps 50 %");
  const back = [...el.querySelectorAll("button")].find((one) => one.textContent === "all images");
  back?.click();
  expect(model.get("layout_name")).toBe("umap");
});

test("parameters that are as usual are left out of a map's name", () => {
  const umap = { method: "umap", name: "UMAP", parameters: ["n_neighbors", "min_dist", "seed"] } as const;
  expect(methodWith(umap, {}, 500)).toBe("umap");
  expect(methodWith(umap, { min_dist: 0.1, seed: 3, perplexity: 9 }, 500)).toBe("umap seed=3");
  expect([20, 20_000, 20_001].map((n) => usual("tsne", n).perplexity)).toEqual([6, 30, undefined]);
  expect([149, 150].map((n) => usual("umap", n).n_neighbors)).toEqual([8, 15]);
  const pacmap = { method: "pacmap", name: "PaCMAP", parameters: ["n_neighbors", "seed"] } as const;
  expect(methodWith(pacmap, { n_neighbors: 10 }, 500)).toBe("pacmap");
  expect(methodWith(pacmap, { n_neighbors: 15 }, 500)).toBe("pacmap n_neighbors=15");
  expect(qualityWords(undefined)).toBe("measuring …");
});

test("one image alone is told as one", async () => {
  const el = shown(fakeModel({ n: 1 }));
  await soon();
  find(el, '[aria-label="Maps and their quality"]').click();
  await soon();
  expect(find(el, ".pt-layout-form").textContent).toContain("metric cosine · 1 image");
  expect(find(el, ".pt-layout-form").textContent).not.toContain("1 images");
});

test("a map that many images came after says so, and is laid out anew at a click", async () => {
  const { model, el } = opened();
  await soon();
  const layouts = model.get("layouts") as Record<string, unknown>[];
  const note = () => find(el, ".pt-map-note");
  model.sync("layouts", layouts.map((one) => ({ ...one, added: 12 })) as never);
  await soon();
  expect(find<HTMLButtonElement>(el, ".pt-map-note .pt-link").hidden).toBe(true); // a fifth is not many
  model.sync("layouts", layouts.map((one) => ({ ...one, added: 13 })) as never);
  await soon();
  expect(note().textContent).toBe("13 images, 22 %, came after this maplay out anew");
  find(el, ".pt-map-note .pt-link").click();
  await soon();
  expect(model.asked.findLast(({ ask }) => ask === "project")?.params).toMatchObject({ method: "umap", anew: true });
  model.sync("layouts", layouts as never);
  await soon();
  expect(note().hidden).toBe(true);
});

test("a kind of map whose package is missing cannot be chosen and says why", async () => {
  const { model, el } = opened();
  await soon();
  find(el, '[aria-label="Maps and their quality"]').click();
  await soon();
  const way = () => [...el.querySelectorAll("button")].find((one) => one.textContent === "PaCMAP") as HTMLButtonElement;
  expect(way().disabled).toBe(false);
  model.sync("missing_ways", { pacmap: "needs the package pacmap" });
  await soon();
  expect(way().disabled).toBe(true);
  expect(way().title).toBe("needs the package pacmap");
});
