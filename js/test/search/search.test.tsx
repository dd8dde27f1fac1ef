/** Searching in the whole widget, on a model with a small kernel: words, files, menu, keys, rounds, threshold. */

import { describe, expect, test, vi } from "vitest";
import { maskOf } from "../../src/bitmask";
import { answerGroups } from "../../src/map/names/group";
import type { AskedPart } from "../../src/protocol.gen";
import { boundFor } from "../../src/search/threshold";
import { typed } from "../../src/search/words";
import { type FakeModel, fakeModel } from "../fakeModel";
import { find, press, shown, soon, stage } from "../stage";

const N = 60;
stage();

function opened(model: FakeModel = fakeModel({ n: N })) {
  return { model, el: shown(model) };
}

const ranked = (model: FakeModel) =>
  model.asked.filter(({ ask }) => ask === "rank").map(({ params }) => (params as { parts: AskedPart[] }).parts);
const chips = (el: Element) =>
  [...el.querySelectorAll<HTMLElement>(".pt-part")].map(({ title }) => title.split("\n")[0]);

async function search(el: Element, words: string): Promise<void> {
  const field = find<HTMLInputElement>(el, ".pt-search input");
  field.value = words;
  press(field, "Enter");
  await soon();
}

describe("what is typed", () => {
  const said = (text: string) => {
    const { examples, adds } = typed(text);
    return [examples.map((one) => (one.like ? "+" : "-") + (one.kind === "text" ? one.text : "")), adds] as const;
  };
  test.each([
    ["a red flag", ["+a red flag"], false],
    ["a red flag -snow -a blue sky", ["+a red flag", "-snow", "-a blue sky"], false],
    ["a cat; a dog", ["+a cat", "+a dog"], false],
    ["a t-shirt - folded", ["+a t-shirt - folded"], false],
    ["-snow", ["-snow"], true],
    ["+ sunset", ["+sunset"], true],
    ["+sunset -sea; sand", ["+sunset", "-sea", "-sand"], true],
    ["  ", [], false],
    ["-", ["+-"], false],
  ])("%s", (text, parts, adds) => {
    expect(said(text)).toEqual([parts, adds]);
  });
});

test("the similarity at a place of all, whatever has none", () => {
  const values = Float32Array.of(0.1, Number.NaN, 0.9, 0.5, 0.5);
  const column = { kind: "number" as const, name: "s", revision: 1, values, low: 0.1, high: 0.9 };
  expect(boundFor(column, 1, false)).toBeCloseTo(0.9);
  expect(boundFor(column, 2, false)).toBe(0.5);
  expect(boundFor(column, 4, false)).toBeNull();
  expect(boundFor(column, Number.NaN, false)).toBeNull();
  expect(boundFor(column, 1, true)).toBeCloseTo(0.1);
  expect(boundFor(column, 2, true)).toBe(0.5);
  expect(boundFor(column, 4, true)).toBeNull();
});

describe("the search field", () => {
  test("asks for words, shows them, and gives the former view back on Escape", async () => {
    const { model, el } = opened();
    await soon();
    press(find(el, ".pt-grid"), "/");
    expect(document.activeElement).toBe(find(el, ".pt-search input"));
    await search(el, "ship -house");
    expect(ranked(model)).toEqual([
      [
        { id: "", kind: "text", like: true, text: "ship" },
        { id: "", kind: "text", like: false, text: "house" },
      ],
    ]);
    expect(chips(el)).toEqual(["Like ship", "Unlike house"]);
    expect(find<HTMLInputElement>(el, ".pt-search input").value).toBe("");
    expect(find(el, ".pt-results [role=status]").textContent).toContain("like ship, unlike house");
    press(find(el, ".pt-search input"), "Escape");
    await soon();
    expect(model.get("sort_by")).toBeNull();
    expect(find<HTMLElement>(el, ".pt-results").hidden).toBe(true);
  });

  test("a classifier's answer says which classes stand for the words, one of the same name too", async () => {
    const { el } = opened();
    await soon();
    await search(el, "plane; strawberry; ship");
    const said = [...el.querySelectorAll(".pt-part-text")].map((text) => text.textContent);
    expect(said).toEqual(["plane", "classes airliner, plane +1", "strawberry", "class strawberry", "ship"]);
    expect(find(el, ".pt-part").title).toContain("plane, carpenter's plane; warplane, military plane");
  });

  test("looks among the selected images only where one says so, and among all again at a click", async () => {
    const { model, el } = opened();
    await soon();
    expect(el.querySelector(".pt-search-only")).toBeNull();
    model.selectFromPython([1, 2, 3, 4]);
    await soon();
    await search(el, "ship");
    model.selectFromPython([1, 2, 3, 4]);
    await soon();
    const only = find(el, ".pt-search-only");
    expect(only.textContent).toBe("in 4 selected");
    only.click();
    await soon();
    expect(only.getAttribute("aria-pressed")).toBe("true");
    await search(el, "ship");
    const asked = () => model.asked.filter(({ ask }) => ask === "rank").map(({ params }) => params);
    expect(asked().map((params) => (params as { within: string }).within)).toEqual(["all", "these"]);
    expect(asked()[1]).toMatchObject({ buffers: [{ name: "within", dtype: "bits" }] });
    expect(find(el, ".pt-search-only").getAttribute("aria-pressed")).toBe("false");
    model.sync("query", { ...(model.get("query") as object), within: 4 } as never);
    await soon();
    const all = [...el.querySelectorAll<HTMLElement>(".pt-parts .pt-link")].find((one) => one.textContent === "all");
    all?.click();
    await soon();
    expect((asked()[2] as { within: string }).within).toBe("all");
  });

  test("a plus or a minus in front adds to the search there is", async () => {
    const { el, model } = opened();
    await search(el, "ship");
    await search(el, "-sea");
    expect(chips(el)).toEqual(["Like ship", "Unlike sea"]);
    expect(ranked(model)[1]?.[0]?.id).toBe("p1");
    await search(el, "tree");
    expect(chips(el)).toEqual(["Like tree"]);
  });

  test("says why it found nothing, leaves the words, and forgets it with the next answer", async () => {
    const { el, model } = opened();
    await search(el, "gibberish");
    expect(find(el, ".pt-results [role=alert]").textContent?.trim()).toBe('No class is called "gibberish"');
    expect(find<HTMLInputElement>(el, ".pt-search input").value).toBe("gibberish");
    await search(el, "ship");
    expect(el.querySelector("[role=alert].pt-results-failed")).toBeNull();
    await search(el, "gibberish");
    expect(el.querySelector("[role=alert].pt-results-failed")).not.toBeNull();
    model.sync("query", { ...(model.get("query") as object), id: 99 } as never); // Python searches
    await soon();
    expect(el.querySelector("[role=alert].pt-results-failed")).toBeNull();
  });

  test("says that it works when it takes long, and can be taken back", async () => {
    const { el, model } = opened();
    await soon();
    model.wait_ms = (question) => (question === "rank" ? 60_000 : 0);
    await search(el, "ship");
    expect(el.querySelector(".pt-results-working")).toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    const says = () => find(el, ".pt-results-working").textContent;
    expect(says()).toBe("Searching…");
    const run = {
      id: "r",
      name: "loading CLIP ViT-B-32",
      kind: "loading" as const,
      total: 0,
      done: 0,
      rate: null,
      eta_s: null,
    };
    model.sync("runs", [{ ...run, kind: "other", state: "running", message: "", detail: "" }]);
    await soon();
    expect(says()).toBe("Searching…");
    model.sync("runs", [{ ...run, state: "running", message: "", detail: "" }]);
    await soon();
    expect(says()).toBe("Loading CLIP ViT-B-32…");
    model.sync("runs", []);
    await soon();
    expect(says()).toBe("Searching…");
    find<HTMLButtonElement>(el, ".pt-results .pt-link").click();
    await soon();
    expect(model.asked.some(({ ask }) => ask === "cancel")).toBe(true);
    expect(find<HTMLElement>(el, ".pt-results").hidden).toBe(true);
  });

  test("an image that is pasted or dropped is sent as it is; another file is refused in words", async () => {
    const { el, model } = opened();
    const file = new File([new Uint8Array([7, 8, 9])], "mine.png", { type: "image/png" });
    const paste = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(paste, { clipboardData: { files: [file] } });
    find(el, ".pt-grid").dispatchEvent(paste);
    await soon();
    expect(ranked(model)[0]).toEqual([{ id: "", kind: "image", like: true, buffer: "part 0", text: "mine.png" }]);
    const drop = new Event("drop", { bubbles: true, cancelable: true });
    Object.assign(drop, {
      dataTransfer: { types: ["Files"], files: [new File(["x"], "a.txt", { type: "text/plain" })] },
    });
    find(el, ".pt-map").dispatchEvent(drop);
    await soon();
    expect(find(el, ".pt-results [role=alert]").textContent).toContain("no image file");
  });

  test("a large file that the browser cannot read is called as it is", async () => {
    const { el } = opened();
    vi.stubGlobal("createImageBitmap", () => Promise.reject(new Error("broken")));
    const paste = new Event("paste", { bubbles: true, cancelable: true });
    const file = new File([new Uint8Array(4_000_001)], "img<b>1</b>.png", { type: "image/png" });
    Object.assign(paste, { clipboardData: { files: [file] } });
    find(el, ".pt-grid").dispatchEvent(paste);
    await soon();
    expect(find(el, ".pt-results-failed span").textContent).toMatch(/^“img<b>1<\/b>.png” cannot be read as an image:/);
  });
});

describe("more and less like this", () => {
  test("by keys on the image clicked last, again takes it back, and undo goes through the rounds", async () => {
    const { el, model } = opened();
    await soon();
    const grid = find(el, ".pt-grid");
    press(grid, "ArrowRight");
    press(grid, "s");
    await soon();
    expect(ranked(model)[0]).toEqual([{ id: "", kind: "row", like: true, row: 0 }]);
    press(grid, "d");
    await soon();
    expect(chips(el)).toEqual(["Unlike IMG_0"]);
    press(grid, "d");
    await soon();
    expect(chips(el)).toEqual([]);
    press(grid, "z", { ctrlKey: true });
    await soon();
    expect(chips(el)).toEqual(["Unlike IMG_0"]);
    press(grid, "z", { ctrlKey: true });
    await soon();
    expect(chips(el)).toEqual(["Like IMG_0"]);
    press(grid, "z", { ctrlKey: true, shiftKey: true });
    await soon();
    expect(chips(el)).toEqual(["Unlike IMG_0"]);
    find<HTMLButtonElement>(el, '[aria-label="Round before"]').click();
    await soon();
    expect(chips(el)).toEqual(["Like IMG_0"]);
  });

  test("undo right after a question takes that one back, not the one before", async () => {
    const { el } = opened();
    await soon();
    const grid = find(el, ".pt-grid");
    press(grid, "ArrowRight");
    press(grid, "s");
    await soon();
    press(grid, "d");
    press(grid, "z", { ctrlKey: true });
    await soon();
    expect(chips(el)).toEqual(["Like IMG_0"]);
  });

  test("an example is taken away by its button, the last one ends the search", async () => {
    const { el } = opened();
    await search(el, "ship; sea");
    find<HTMLButtonElement>(el, ".pt-part-remove").click();
    await soon();
    expect(chips(el)).toEqual(["Like sea"]);
    find<HTMLButtonElement>(el, ".pt-part-remove").click();
    await soon();
    expect(chips(el)).toEqual([]);
  });

  test("the wheel rolls the line of examples once the pointer rests on it, and the page at its end", async () => {
    const { el } = opened();
    await search(el, "ship; sea");
    const line = find<HTMLElement>(el, ".pt-parts ul");
    let at = 0;
    Object.defineProperty(line, "scrollLeft", {
      get: () => at,
      set: (left: number) => {
        at = Math.min(60, Math.max(0, left));
      },
    });
    function roll(at_ms: number): boolean {
      const event = new WheelEvent("wheel", { deltaY: 40, bubbles: true, cancelable: true });
      Object.defineProperty(event, "timeStamp", { value: at_ms });
      line.dispatchEvent(event);
      return event.defaultPrevented;
    }
    const enter = new PointerEvent("pointerenter");
    Object.defineProperty(enter, "timeStamp", { value: 0 });
    line.dispatchEvent(enter);
    expect([roll(100), at]).toEqual([false, 0]);
    expect([roll(1000), at]).toEqual([true, 40]);
    expect([roll(1100), at]).toEqual([true, 60]);
    expect([roll(1200), at]).toEqual([false, 60]);
  });

  test("with several selected and none in hand S looks for their centre", async () => {
    const { el, model } = opened();
    await soon();
    model.selectFromPython([3, 4, 5]);
    await soon();
    press(find(el, ".pt-grid"), "s");
    await soon();
    expect(ranked(model)[0]).toEqual([{ id: "", kind: "rows", like: true, buffer: "part 0" }]);
  });

  test("a menu opens by the keyboard, arrows move in it, a key chooses, and the focus comes back", async () => {
    const { el, model } = opened();
    await soon();
    const grid = find<HTMLElement>(el, ".pt-grid");
    grid.focus();
    press(grid, "ArrowRight");
    grid.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
    await soon();
    const menu = find(el, "[role=menu]");
    const names = [...menu.querySelectorAll("[role=menuitem] span")].map(({ textContent }) => textContent);
    expect(names).toEqual(["More like this", "Less like this", "Details", "Select"]);
    expect(document.activeElement?.textContent).toContain("More like this");
    press(document.activeElement as Element, "ArrowUp");
    expect(document.activeElement?.textContent).toBe("Select");
    press(document.activeElement as Element, "Escape");
    await soon();
    expect(el.querySelector("[role=menu]")).toBeNull();
    expect(document.activeElement).toBe(grid);
    grid.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
    await soon();
    press(document.activeElement as Element, "d");
    await soon();
    expect(ranked(model)[0]).toEqual([{ id: "", kind: "row", like: false, row: 0 }]);
  });

  test("on a name of the map it is about all its images", async () => {
    const { el, model } = opened();
    await soon();
    const name = document.createElement("button");
    find(el, ".pt-map-stage").append(name);
    answerGroups(name, () => ({ column: "label", name: "b", rows: maskOf(N, [1, 2, 5]) }));
    async function items(): Promise<HTMLButtonElement[]> {
      name.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, button: 2 }));
      await soon();
      return [...el.querySelectorAll<HTMLButtonElement>("[role=menuitem]")];
    }
    const all = await items();
    expect(all.map(({ textContent }) => textContent)).toEqual([
      "Select 3 images",
      "More like these",
      "Less like these",
      "Show only these",
      "Hide these",
    ]);
    all[0]?.click();
    await soon();
    expect(find(el, ".pt-picked b").textContent).toBe("3");
    expect((await items())[1]?.textContent).toBe("Add to the selection");
    (await items())[2]?.click();
    await soon();
    expect(ranked(model).at(-1)).toEqual([{ id: "", kind: "rows", like: true, buffer: "part 0" }]);
    (await items()).find(({ textContent }) => textContent === "Show only these")?.click();
    await soon();
    expect(model.get("filters")).toEqual([{ column: "label", keep: ["b"], missing: true }]);
    const [again] = (await items()).slice(-1);
    expect(again?.textContent).toBe("Show all again");
    again?.click();
    await soon();
    expect(model.get("filters")).toEqual([]);
  });

  test("its last line says what it does to the selection, with whatever keys it is clicked", async () => {
    const { el, model } = opened();
    await soon();
    const grid = find<HTMLElement>(el, ".pt-grid");
    grid.focus();
    press(grid, "ArrowRight");
    async function last(): Promise<HTMLButtonElement> {
      grid.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
      await soon();
      return [...el.querySelectorAll<HTMLButtonElement>("[role=menuitem]")].at(-1) as HTMLButtonElement;
    }
    model.selectFromPython([3, 4]);
    await soon();
    const adds = await last();
    expect(adds.textContent).toBe("Add to the selection");
    adds.dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: true }));
    await soon();
    expect(find(el, ".pt-picked b").textContent).toBe("3");
    const takes = await last();
    expect(takes.textContent).toBe("Take out of the selection");
    takes.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await soon();
    expect(find(el, ".pt-picked b").textContent).toBe("2");
  });
});

test("the slider and the number hide what is less similar, in this browser while it is dragged", async () => {
  const { el, model } = opened();
  await search(el, "ship");
  const slider = find<HTMLInputElement>(el, ".pt-threshold input[type=range]");
  slider.value = "250";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await soon();
  expect(model.get("filters")).toEqual([]);
  const best = find<HTMLInputElement>(el, ".pt-best");
  expect(Number(best.value)).toBeLessThan(N);
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  await soon();
  expect(model.get("filters")).toEqual([{ column: "similarity", low: 0.5, high: null, missing: true }]);
  best.value = "1";
  best.dispatchEvent(new Event("input", { bubbles: true }));
  model.sync("filters", []);
  await soon();
  expect(best.value).toBe("1"); // what is being typed stays, whatever comes meanwhile
  best.value = "7";
  best.dispatchEvent(new Event("change", { bubbles: true }));
  await soon();
  expect(Number(find<HTMLInputElement>(el, ".pt-best").value)).toBe(7);
  best.value = "1";
  best.dispatchEvent(new Event("change", { bubbles: true }));
  await soon();
  expect(slider.getAttribute("aria-valuetext")).toMatch(/or more: 1 image$/);
});

test("of a reversed search they hide what is more similar, and the texts say so", async () => {
  const { el, model } = opened();
  await search(el, "ship");
  expect(find(el, ".pt-results > [role=status]").textContent).toContain("Most similar first");
  model.sync("query", { ...(model.get("query") as object), reverse: true } as never);
  model.sync("filters", [{ column: "similarity", low: null, high: 0.5, missing: true }]);
  await soon();
  expect(find(el, ".pt-results > [role=status]").textContent).toContain("Least similar first");
  const slider = find<HTMLInputElement>(el, ".pt-threshold input[type=range]");
  expect(slider.value).toBe("250");
  expect(slider.getAttribute("aria-valuetext")).toMatch(/^0\.500 or less: \d+ images$/);
  expect(find(el, ".pt-bound").textContent).toBe("≤ 0.50");

  const best = find<HTMLInputElement>(el, ".pt-best");
  best.value = "7";
  best.dispatchEvent(new Event("change", { bubbles: true }));
  await soon();
  expect(model.get("filters")).toMatchObject([{ low: null, missing: true }]);
  expect(Number(find<HTMLInputElement>(el, ".pt-best").value)).toBe(7);

  slider.value = "500";
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  await soon();
  expect(model.get("filters")).toEqual([]);
  expect(find(el, ".pt-bound").textContent).toBe("all");
});

test.each([false, true])(
  "a bound past the other end of the range lets go of that end (reversed: %s)",
  async (reverse) => {
    const { el, model } = opened();
    await search(el, "ship");
    model.sync("query", { ...(model.get("query") as object), reverse } as never);
    const [low, high] = reverse ? [0.8, null] : [null, 0.2];
    model.sync("filters", [{ column: "similarity", low, high, missing: true }]);
    await soon();
    const slider = find<HTMLInputElement>(el, ".pt-threshold input[type=range]");
    slider.value = "250";
    slider.dispatchEvent(new Event("change", { bubbles: true }));
    await soon();
    const wanted = reverse ? { low: null, high: 0.5 } : { low: 0.5, high: null };
    expect(model.get("filters")).toEqual([{ column: "similarity", ...wanted, missing: true }]);
  },
);
