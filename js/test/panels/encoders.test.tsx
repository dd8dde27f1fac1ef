/** The encoders' panel: what is there, switched by a click, compared, added, and refused in words. */

import { expect, test, vi } from "vitest";
import { lineOf } from "../../src/panels/encoders/training";
import { type FakeModel, fakeModel } from "../fakeModel";
import { find, shown, soon, stage } from "../stage";

stage();

const PIXELS = {
  name: "pixels/16",
  title: "pixels 16 × 16",
  kind: "pixels" as const,
  dims: 768,
  rows: 20,
  seconds: 0.4,
  status: "ready" as const,
  note: "",
};

async function opened(): Promise<{ el: HTMLElement; model: FakeModel }> {
  const model = fakeModel({ n: 20 });
  const el = shown(model);
  model.sync("encoders", [...(model.get("encoders") as []), PIXELS]);
  await soon();
  return { el, model };
}

const header = (el: Element) => find<HTMLSelectElement>(el, '.pt-header select[aria-label^="Encoder"]');
function choose(select: HTMLSelectElement, value: string): void {
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

test("the header names the encoder on show, switches it, and leads to the panel", async () => {
  const { el, model } = await opened();
  expect(Array.from(header(el).options, ({ text }) => text)).toEqual([
    "tf_efficientnet_lite0",
    "pixels 16 × 16",
    "Add or compare …",
  ]);
  choose(header(el), "pixels/16");
  expect(model.get("encoder")).toBe("pixels/16");
  choose(header(el), "more ");
  await soon();
  expect(model.get("encoder")).toBe("pixels/16");
  expect(find(el, ".pt-panel h2").textContent).toBe("Encoders");
  const rows = Array.from(el.querySelectorAll(".pt-encoder"), (row) => [
    row.getAttribute("aria-pressed"),
    row.textContent,
  ]);
  expect(rows).toEqual([
    ["false", "tf_efficientnet_lite020 images in 10 s"],
    ["true", "pixels 16 × 1620 images in 0.4 s"],
  ]);
});

test("two are compared, and the points are coloured by how much they differ", async () => {
  const { el, model } = await opened();
  choose(header(el), "more ");
  await soon();
  find<HTMLFormElement>(el, ".pt-encoder-form").requestSubmit();
  await soon();
  expect(model.get("color_by")).toBe("differs: timm/tf_efficientnet_lite0 | pixels/16");
});

test("one is added; what cannot be is refused in the form", async () => {
  const { el, model } = await opened();
  choose(header(el), "more ");
  await soon();
  const form = find<HTMLFormElement>(el, 'form[aria-label="Add an encoder"]');
  choose(find(form, "select"), "pixels");
  await soon();
  const side = find<HTMLInputElement>(form, "input");
  side.value = "500";
  side.dispatchEvent(new Event("input", { bubbles: true }));
  const shownTo: unknown[] = [];
  Element.prototype.scrollIntoView = function (this: Element) {
    shownTo.push(this.className);
  };
  form.requestSubmit();
  await soon();
  expect(find(form, ".pt-alarm").textContent).toBe("the side must be 1 to 128 pixels");
  expect(shownTo).toEqual(["pt-alarm"]);
  const body = find(el, ".pt-panel-body");
  body.scrollTop = 300;
  side.value = "16";
  side.dispatchEvent(new Event("input", { bubbles: true }));
  form.requestSubmit();
  await soon();
  expect(form.querySelector(".pt-alarm")).toBeNull();
  expect(body.scrollTop, "the list is in sight").toBe(0);
  const asked = model.asked.findLast(({ ask }) => ask === "add_encoder");
  expect(asked?.params).toMatchObject({ kind: "pixels", size: 16, model: null });
});

test.each([
  ["own", "its name, or a file", { kind: "own", model: "mine", checkpoint: null, size: null }],
  ["given", "a column, a variable or a file", { kind: "given", model: "mine", checkpoint: null, size: null }],
  ["timm", "as published, or a file", { kind: "timm", checkpoint: "mine", size: null }],
])("what one has is named in the form: %s", async (kind, hint, expected) => {
  const { el, model } = await opened();
  choose(header(el), "more ");
  await soon();
  const form = find<HTMLFormElement>(el, 'form[aria-label="Add an encoder"]');
  choose(find(form, "select"), kind);
  await soon();
  const field = find<HTMLInputElement>(form, `input[placeholder="${hint}"]`);
  expect(field.inputMode).toBe("text");
  field.value = " mine ";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  form.requestSubmit();
  await soon();
  expect(model.asked.findLast(({ ask }) => ask === "add_encoder")?.params).toMatchObject(expected);
});

test("whatever network an autoencoder was to have, one that is tuned has its epochs; numbers are whole ones", async () => {
  const { el, model } = await opened();
  choose(header(el), "more ");
  await soon();
  const form = find<HTMLFormElement>(el, 'form[aria-label="Add an encoder"]');
  const labelled = (label: string) =>
    [...form.querySelectorAll("label")]
      .find((one) => find(one, "span").textContent === label)
      ?.querySelector<HTMLInputElement | HTMLSelectElement>("input, select");
  choose(find(form, "select"), "autoencoder");
  await soon();
  choose(labelled("network") as HTMLSelectElement, "linear");
  await soon();
  expect(labelled("epochs")).toBeUndefined();
  choose(find(form, "select"), "finetuned");
  await soon();
  const epochs = labelled("epochs") as HTMLInputElement;
  const said = (text: string) => {
    epochs.value = text;
    epochs.dispatchEvent(new Event("input", { bubbles: true }));
    return epochs.checkValidity();
  };
  expect(["8.5", "abc", " 8 ", ""].map(said)).toEqual([false, false, true, true]);
  said("3");
  form.requestSubmit();
  await soon();
  expect(model.asked.findLast(({ ask }) => ask === "add_encoder")?.params).toMatchObject({ epochs: 3 });
});

test("a training tells its error, its worth and how to stop it", async () => {
  const { el, model } = await opened();
  model.sync("training", {
    kind: "finetuned",
    run: "t1",
    title: "lite0 on label",
    epochs: 5,
    losses: [0.9, 0.5],
    before: 0.8,
    after: null,
    said: "",
  });
  choose(header(el), "more ");
  await soon();
  const words = find(el, ".pt-training").textContent;
  expect(words).toContain("epoch 2 of 5, error 0.5000");
  expect(words).toContain("80.0 % before");
});

test("a training that begins comes into sight, and says once how far it is", async () => {
  const { el, model } = await opened();
  choose(header(el), "more ");
  await soon();
  const body = find<HTMLElement>(el, ".pt-panel-body");
  body.scrollTop = 400;
  const offset = vi.spyOn(HTMLElement.prototype, "offsetTop", "get").mockImplementation(function (this: HTMLElement) {
    return this.classList.contains("pt-training") ? 90 : 36;
  });
  const training = {
    kind: "autoencoder" as const,
    run: "t1",
    title: "autoencoder",
    epochs: 5,
    before: null,
    after: null,
    said: "",
  };
  model.sync("runs", [
    {
      id: "t1",
      name: "training",
      kind: "other",
      done: 2,
      total: 5,
      rate: null,
      eta_s: 60,
      state: "running",
      message: "epoch 3 of 5; error 0.5",
      detail: "",
    },
  ]);
  model.sync("training", { ...training, losses: [0.9, 0.5] });
  await soon();
  offset.mockRestore();
  expect(body.scrollTop).toBe(54);
  const words = find(el, ".pt-training").textContent ?? "";
  expect(words.match(/epoch/g)).toHaveLength(1);
  expect(words).toContain("epoch 3 of 5; error 0.5, 1 min left");
});

test("the line of errors falls from the top to the bottom", () => {
  expect(lineOf([2, 1, 0], 3)).toBe("0.0,2.0 120.0,18.0 240.0,34.0");
});
