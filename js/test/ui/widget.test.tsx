/** The whole widget on a model with a small kernel: what one clicks and types, two views, and that nothing is left. */

import { describe, expect, test, vi } from "vitest";
import { rowsOf } from "../../src/bitmask";
import { obstacle } from "../../src/ui/dims";
import widget from "../../src/widget";
import { type FakeModel, fakeModel } from "../fakeModel";
import { begun, find, press, soon, stage } from "../stage";

const N = 60;

stage();

/** A pane as wide as a notebook's; happy-dom lays nothing out. */
function place(): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  return el;
}

const opened = (model: FakeModel = fakeModel({ n: N })) => begun(model);

const words = (el: Element, selector: string) => find(el, selector).textContent?.trim();
const selectedIn = (model: FakeModel) => Array.from(rowsOf(model.selection()));
const type = (input: HTMLInputElement, text: string) => {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

describe("the widget", () => {
  test("says what it shows", async () => {
    const { show, model } = opened();
    model.sync("failures", 3);
    const { el } = show();
    await soon();
    expect(words(el, ".pt-source")).toBe("photos/");
    expect(words(el, ".pt-status-n")).toBe("60 images");
    expect(words(el, ".pt-picked")).toBe("all images");
    expect(words(el, ".pt-status .pt-link")).toBe("3 failed");
    expect(find(el, ".pt-grid").getAttribute("role")).toBe("grid");
    expect(find(el, ".pt-grid").getAttribute("aria-rowcount")).toBe("60");
  });

  test("missing images are listed with the tags that are kept for them", async () => {
    const { show, model } = opened();
    model.sync("missing", 2);
    const { el } = show();
    await soon();
    expect(words(el, ".pt-status .pt-link")).toBe("2 missing");
    find(el, ".pt-status .pt-link").click();
    await soon();
    expect(words(el, ".pt-failures")).toContain("2 images missing");
    expect([...el.querySelectorAll(".pt-missing")].map((line) => line.textContent)).toEqual([
      "ship/GONE_0.jpglast seen 14 November 2023, tagged “to check”, “night”",
      "ship/GONE_1.jpglast seen 14 November 2023",
    ]);
    model.sync("missing", 1);
    await soon();
    expect(el.querySelectorAll(".pt-missing").length).toBe(1);
  });

  test("a view that was restored is told, and can be kept or left", async () => {
    const { show, model } = opened();
    const { el } = show();
    await soon();
    expect(el.querySelector(".pt-restored")).toBeNull();
    model.sync("restored", true);
    await soon();
    expect(words(el, ".pt-restored .pt-notice")).toBe("view as you left it");
    find(el, ".pt-restored .pt-link").click();
    await soon();
    expect(model.asked.filter(({ ask }) => ask === "start_fresh").length).toBe(1);
    find(el, ".pt-restored .pt-icon-button").click();
    await soon();
    expect(model.get("restored")).toBe(false);
    expect(el.querySelector(".pt-restored")).toBeNull();
  });

  test("names with HTML in them are text", async () => {
    const { show, model } = opened();
    model.sync("source", "<img src=x onerror=alert(1)>/");
    model.sync("tags", [{ name: "<b>bold</b>", count: 2 }]);
    const { el } = show();
    await soon();
    expect(words(el, ".pt-source")).toBe("<img src=x onerror=alert(1)>/");
    expect(words(el, ".pt-chip-name")).toBe("<b>bold</b>");
    expect(el.querySelector("b, .pt-source img")).toBeNull();
  });

  test("menus set the traits", async () => {
    const { show, model } = opened();
    const { el } = show();
    await soon();
    const choose = (name: string, value: string) => {
      const select = find<HTMLSelectElement>(el, `select[aria-label="${name}"]`);
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const asked = () => model.asked.filter(({ ask }) => ask === "column").map(({ params }) => params);
    expect(asked()).not.toContainEqual({ name: "sharpness" });
    const colours = find(el, 'select[aria-label="Column the points are coloured by"]');
    colours.closest("label")?.dispatchEvent(new MouseEvent("pointerenter"));
    expect(asked()).toContainEqual({ name: "sharpness" }); // before it is chosen
    choose("Column the points are coloured by", "sharpness");
    expect(model.get("color_by")).toBe("sharpness");
    choose("Column the points are coloured by", "");
    expect(model.get("color_by")).toBeNull();
    choose("Layout of the map", "pca");
    expect(model.get("layout_name")).toBe("pca");
    choose("Order of the images", "label");
    await soon();
    expect(model.get("sort_by")).toBe("label");
    find<HTMLButtonElement>(el, '.pt-grid-header button[title^="Smallest first"]').click();
    expect(model.get("sort_descending")).toBe(true);
  });
});

describe("keys", () => {
  test("never reach the notebook", () => {
    const { show } = opened();
    const { el } = show();
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    for (const key of ["b", "a", "x", "Enter", "d"]) press(find(el, ".pt-grid"), key);
    press(find(el, ".pt-map"), "dd");
    document.body.removeEventListener("keydown", heard);
    expect(heard).not.toHaveBeenCalled();
    expect(find(el, ".pointillist").dataset.lmSuppressShortcuts).toBe("true");
  });

  test("select, clear, undo and redo", async () => {
    const { show, model } = opened();
    const { el } = show();
    await soon();
    const grid = find(el, ".pt-grid");
    press(grid, "a", { ctrlKey: true });
    await soon();
    expect(selectedIn(model)).toHaveLength(N);
    press(grid, "Escape");
    await soon();
    expect(selectedIn(model)).toEqual([]);
    press(grid, "z", { metaKey: true });
    await soon();
    expect(selectedIn(model)).toHaveLength(N);
    press(grid, "Z", { ctrlKey: true, shiftKey: true });
    await soon();
    expect(selectedIn(model)).toEqual([]);
  });

  test("walk through the grid, select on the way, and open the details", async () => {
    const { show, model } = opened();
    const { el } = show();
    await soon();
    const grid = find(el, ".pt-grid");
    press(grid, "Home");
    press(grid, "ArrowDown");
    press(grid, " ");
    press(grid, "ArrowDown", { shiftKey: true });
    await soon();
    expect(selectedIn(model)).toEqual([1, 2]);
    const cell = find(el, `#${grid.getAttribute("aria-activedescendant")}`);
    expect(cell.getAttribute("aria-label")).toBe("image 3, selected");
    press(grid, "Enter");
    await soon();
    expect(words(el, ".pt-dialog h2")).toBe("IMG_00002.jpg");
    press(find(el, ".pt-dialog"), "ArrowRight");
    await soon();
    expect(words(el, ".pt-dialog h2")).toBe("IMG_00003.jpg");
    press(find(el, ".pt-dialog"), "Escape");
    await soon();
    expect(el.querySelector(".pt-dialog")).toBeNull();
  });

  test("? shows the keys, and shows them no more", async () => {
    const { show } = opened();
    const { el } = show();
    press(find(el, ".pt-grid"), "?");
    await soon();
    expect(words(el, ".pt-dialog h2")).toBe("Keys");
    press(find(el, ".pt-dialog"), "?");
    await soon();
    expect(el.querySelector(".pt-dialog")).toBeNull();
  });

  test("of the map work from the grid", async () => {
    const { show } = opened();
    const { el } = show();
    await soon();
    press(find(el, ".pt-grid"), "l");
    expect(find(el, ".pt-map").dataset.tool).toBe("lasso");
  });

  test("typed in a field stay there", async () => {
    const { show, model } = opened();
    const { el } = show();
    model.selectFromPython([1]);
    await soon();
    const input = find<HTMLInputElement>(el, ".pt-tag-field input");
    for (const key of ["?", "l", "1"]) expect(press(input, key).defaultPrevented).toBe(false);
    expect(press(input, "a", { ctrlKey: true }).defaultPrevented).toBe(false);
    expect(el.querySelector(".pt-dialog")).toBeNull();
  });

  test("work after a slider or a menu was used, but for those that are its own", async () => {
    const { show, model } = opened();
    const { el } = show();
    press(find(el, ".pt-grid"), "a", { ctrlKey: true });
    await soon();
    const undone = async (field: Element) => {
      press(field, "z", { ctrlKey: true });
      await soon();
      const { count } = model.selection();
      press(field, "y", { ctrlKey: true });
      await soon();
      return [count, model.selection().count];
    };
    const slider = find(el, ".pt-size input");
    expect(await undone(slider)).toEqual([0, N]);
    for (const key of ["ArrowRight", "Enter", "Home"]) expect(press(slider, key).defaultPrevented).toBe(false);
    const menu = find(el, ".pt-choice select");
    expect(await undone(menu)).toEqual([0, N]);
    expect(press(menu, "l").defaultPrevented).toBe(false);
  });
});

describe("the focus", () => {
  test("stays in the widget when the button that had it goes or is of no use any more", async () => {
    const { show } = opened();
    const { el } = show();
    await soon();
    const grid = find(el, ".pt-grid");
    press(grid, "a", { ctrlKey: true });
    await soon();
    const clear = find(el, '[aria-label="Clear the selection"]');
    clear.focus();
    clear.click();
    await soon();
    expect(clear.isConnected).toBe(false);
    expect(document.activeElement).toBe(grid);
    const undo = find<HTMLButtonElement>(el, '[aria-label="Undo"]');
    for (let step = 0; step < 2; step++) {
      undo.focus();
      undo.click();
      await soon();
    }
    expect(undo.disabled).toBe(true);
    expect(document.activeElement).toBe(grid);
    find(el, '[data-panel="clusters"]').click();
    await soon();
    const inPanel = find(el, ".pt-panel button");
    inPanel.focus();
    inPanel.remove();
    await soon();
    expect(document.activeElement).toBe(find(el, ".pt-panel"));
  });

  test("is let go when it leaves the widget", async () => {
    const { show, model } = opened();
    const { el } = show();
    model.selectFromPython([1]);
    await soon();
    find(el, '[aria-label="Clear the selection"]').focus();
    (document.activeElement as HTMLElement).blur();
    await soon();
    model.selectFromPython([]);
    await soon();
    expect(document.activeElement).toBe(document.body);
  });
});

describe("a filter that leaves nothing", () => {
  test("is told in the grid, of all or of what is selected, and taken off there", async () => {
    const { show, model } = opened();
    const { el } = show();
    const said = () => el.querySelector(".pt-nothing-left")?.textContent;
    await soon();
    expect(said()).toBeUndefined();
    model.sync("filters", [{ column: "label", keep: [], missing: true }]);
    await soon(200);
    expect(said()).toBe(`The filters hide all ${N} images.show all`);
    model.sync("filters", []);
    model.selectFromPython([3]);
    await soon();
    model.sync("filters", [{ column: "label", keep: [], missing: true }]);
    await soon();
    expect(said()).toBe("The filters hide the 1 image selected.show all");
    find(el, ".pt-nothing-left button").click();
    await soon();
    expect(model.get("filters")).toEqual([]);
    expect(said()).toBeUndefined();
  });
});

describe("tags", () => {
  test("a tag is typed and Enter puts it on the selection; its digit takes it off again", async () => {
    const { show, model } = opened();
    const { el } = show();
    await soon();
    const input = find<HTMLInputElement>(el, ".pt-tag-field input");
    expect(input.disabled).toBe(true);
    expect(input.placeholder).toBe("select images to tag them");
    model.selectFromPython([3, 4]);
    await soon();
    expect(input.placeholder).toBe("tag 2 images");
    input.focus();
    type(input, "  modern cars ");
    await soon();
    press(input, "Enter");
    expect(document.activeElement).toBe(find(el, ".pt-grid"));
    await soon();
    expect(model.get("tags")).toEqual([{ name: "modern cars", count: 2 }]);
    expect(input.value).toBe("");
    await soon();
    expect(find(el, ".pt-chip").getAttribute("aria-pressed")).toBe("true");
    press(find(el, ".pt-grid"), "1");
    await soon();
    expect(model.get("tags")).toEqual([]);
  });

  test("what is typed stays until the kernel has tagged, and without a kernel nothing can be tagged", async () => {
    const { show, model } = opened();
    model.sync("tags", [{ name: "night", count: 3 }]);
    const { el } = show();
    model.selectFromPython([3]);
    await soon();
    const input = find<HTMLInputElement>(el, ".pt-tag-field input");
    model.busy = true;
    type(input, "dawn");
    await soon();
    press(input, "Enter");
    await soon();
    expect(input.value).toBe("dawn");
    model.trigger("comm:close");
    await soon();
    expect(input.value).toBe("dawn");
    expect(input.disabled).toBe(true);
    expect(input.placeholder).toBe("kernel is gone: run the cell again");
    expect(find<HTMLButtonElement>(el, ".pt-chip").disabled).toBe(true);
  });

  test("known tags complete, by arrow and by Tab", async () => {
    const { show, model } = opened();
    model.sync("tags", [
      { name: "night", count: 3 },
      { name: "bright", count: 9 },
      { name: "day", count: 1 },
    ]);
    const { el } = show();
    model.selectFromPython([3]);
    await soon();
    const input = find<HTMLInputElement>(el, ".pt-tag-field input");
    type(input, "nig");
    await soon();
    expect([...el.querySelectorAll(".pt-completion span:first-child")].map((one) => one.textContent)).toEqual([
      "night",
    ]);
    press(input, "Tab");
    await soon();
    expect(input.value).toBe("night");
    type(input, "igh");
    await soon();
    press(input, "ArrowDown");
    await soon();
    expect(find(el, ".pt-completion").getAttribute("aria-selected")).toBe("true");
    press(input, "Enter");
    await soon();
    expect(model.asked.findLast(({ ask }) => ask === "tag")?.params).toMatchObject({ tag: "bright", action: "add" });
  });
});

describe("work in the kernel", () => {
  const run = {
    id: "r1",
    name: "embedding",
    kind: "embedding" as const,
    done: 6120,
    total: 10_000,
    rate: 54.2,
    eta_s: 70,
    message: "",
    detail: "",
  };

  test("beside other work can be cancelled too", async () => {
    const { show, model } = opened();
    model.sync("runs", [
      { ...run, state: "running" },
      { ...run, id: "r2", name: "trying clusters", total: 0, done: 0, rate: null, eta_s: null, state: "running" },
    ]);
    const { el } = show();
    await soon();
    const runs = [...el.querySelectorAll<HTMLElement>(".pt-run")];
    expect(runs.map(({ textContent }) => textContent)).toEqual([
      "trying clusters cancel",
      "embedding 6,120 of 10,00054/s1 min leftcancel",
    ]);
    runs[1]?.querySelector("button")?.click();
    await soon();
    expect(model.asked.at(-1)).toMatchObject({ ask: "cancel_run", params: { run: "r1" } });
  });

  test("is shown with how far, how fast and how long, and can be cancelled and gone on with", async () => {
    const { show, model } = opened();
    model.sync("runs", [{ ...run, state: "running" }]);
    const { el } = show();
    await soon();
    expect(words(el, ".pt-run")).toBe("embedding 6,120 of 10,00054/s1 min leftcancel");
    find(el, ".pt-run button").click();
    await soon();
    expect(model.asked.at(-1)).toMatchObject({ ask: "cancel_run", params: { run: "r1" } });
    expect(words(el, ".pt-run-words")).toBe("embedding stopped at 6,120 of 10,000");
    expect(el.querySelector('.pt-run button[aria-label="Dismiss"]')).toBeNull();
    find(el, ".pt-run .pt-link").click();
    expect(model.asked.at(-1)).toMatchObject({ ask: "retry_run", params: { run: "r1" } });
  });

  test("that begins says what it waits for", async () => {
    const { show, model } = opened();
    const first = { ...run, done: 0, rate: null, eta_s: null };
    model.sync("runs", [{ ...first, state: "running", message: "loading the model" }]);
    const { el } = show();
    await soon();
    expect(words(el, ".pt-run")).toBe("embedding loading the modelcancel");
    expect(el.querySelector(".pt-progress-open")).not.toBeNull();
    model.sync("runs", [{ ...first, state: "running" }]);
    await soon();
    expect(words(el, ".pt-run")).toBe("embedding startingcancel");
    model.sync("runs", [{ ...first, total: 0, state: "running" }]);
    await soon();
    expect(words(el, ".pt-run")).toBe("embedding cancel");
  });

  test("that failed says why, holds the rest behind a fold, and can be dismissed", async () => {
    const { show, model } = opened();
    model.sync("runs", [{ ...run, state: "failed", message: "no weights", detail: "Traceback" }]);
    const { el } = show();
    await soon();
    expect(words(el, ".pt-run-words")).toBe("embedding failed: no weights");
    expect(find<HTMLDetailsElement>(el, ".pt-run details").open).toBe(false);
    find(el, '.pt-run button[aria-label="Dismiss"]').click();
    await soon();
    expect(el.querySelector(".pt-run")).toBeNull();
  });

  test("a busy kernel and a lost one are told apart", async () => {
    const { show, model } = opened();
    const { el } = show();
    await soon();
    model.busy = true;
    press(find(el, ".pt-grid"), "a", { ctrlKey: true });
    await vi.advanceTimersByTimeAsync(2000);
    expect(words(el, ".pt-pill")).toBe("kernel busy");
    expect(words(el, ".pt-picked")).toBe("60 selected");
    model.trigger("comm:close");
    await soon();
    expect(words(el, ".pt-alarm")).toContain("Run the cell again");
    expect(el.querySelector(".pt-pill")).toBeNull();
  });

  test("of another version asks to restart", async () => {
    const model = fakeModel({ n: N });
    model.sync("protocol", 2);
    const { el } = opened(model).show();
    await soon();
    expect(words(el, ".pt-alarm")).toContain("Restart the kernel and reload the page");
  });
});

describe("two views of one widget", () => {
  test("share selection and hover; what is open in one is not open in the other", async () => {
    const { show, model } = opened();
    const [a, b] = [show(), show()];
    await soon();
    press(find(a.el, ".pt-grid"), "a", { ctrlKey: true });
    press(find(a.el, ".pt-grid"), "?");
    await soon();
    expect(words(b.el, ".pt-picked")).toBe("60 selected");
    expect(b.el.querySelector(".pt-dialog")).toBeNull();
    expect(model.asked.filter(({ ask }) => ask === "layout")).toHaveLength(1);
    a.close();
    press(find(b.el, ".pt-grid"), "Escape");
    await soon();
    expect(selectedIn(model)).toEqual([]);
    expect(words(b.el, ".pt-picked")).toBe("all images");
  });

  test("closing them leaves no listener on the model, the window or the document", async () => {
    const kept = new Map<string, number>();
    const count = (where: EventTarget, name: string) => {
      for (const [method, by] of [
        ["addEventListener", 1],
        ["removeEventListener", -1],
      ] as const) {
        const original = where[method].bind(where) as (...args: unknown[]) => void;
        vi.spyOn(where, method).mockImplementation((...args: unknown[]) => {
          const options = args[2] as AddEventListenerOptions | undefined;
          const key = `${name} ${args[0]}`;
          kept.set(key, (kept.get(key) ?? 0) + by);
          options?.signal?.addEventListener("abort", () => kept.set(key, (kept.get(key) ?? 0) - 1));
          original(...args);
        });
      }
    };
    const { show, end, model } = opened();
    const before = model.listeners();
    for (const [where, name] of [
      [window, "window"],
      [document, "document"],
      [document.body, "body"],
    ] as const) {
      count(where, name);
    }
    for (let i = 0; i < 3; i++) {
      const views = [show(), show()];
      await soon();
      press(find((views[0] as { el: Element }).el, ".pt-grid"), "?");
      await soon();
      for (const view of views) {
        view.close();
        expect(view.el.childNodes).toHaveLength(0);
      }
    }
    expect([...kept].filter(([, left]) => left !== 0)).toEqual([]);
    await soon();
    const timers = vi.getTimerCount();
    model.selectFromPython([1, 2]);
    model.sync("source", "elsewhere/");
    expect(vi.getTimerCount()).toBe(timers);
    expect(model.listeners()).toBe(before);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.listeners()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    vi.restoreAllMocks();
  });

  test("the grid asks for the pictures on its screen, and for none once it is closed", async () => {
    for (const [side, px] of [
      ["clientWidth", 400],
      ["clientHeight", 220],
    ] as const) {
      vi.spyOn(HTMLElement.prototype, side, "get").mockImplementation(function (this: HTMLElement) {
        return this.classList.contains("pt-grid") ? px : 0;
      });
    }
    const model = fakeModel({ n: 5000, picture: () => null });
    model.sync("failures", 9);
    const { show } = opened(model);
    const view = show();
    await soon();
    const rows = () =>
      model.asked
        .filter(({ ask }) => ask === "thumbs")
        .reduce(
          (sum, { params }) => sum + ((params as { buffers: { shape: number[] }[] }).buffers[0]?.shape[0] ?? 0),
          0,
        );
    expect(rows()).toBeGreaterThan(8);
    expect(rows()).toBeLessThan(40);
    view.close();
    const asked = rows();
    model.sync("failures", 0);
    await soon();
    expect(rows()).toBe(asked);
    vi.restoreAllMocks();
  });

  test("a host that does not call initialize still gets a widget, and it goes with its view", async () => {
    const model = fakeModel({ n: N });
    const el = place();
    const close = widget().render({ model, el });
    await soon();
    expect(words(el, ".pt-status-n")).toBe("60 images");
    close();
    expect(model.listeners()).toBe(0);
  });
});

describe("the switch to space", () => {
  test("says that the other map is being laid out while it is", async () => {
    const model = fakeModel({ n: N });
    const { el } = opened(model).show();
    const idle = { done: 0, total: 0, rate: null, eta_s: null, message: "", detail: "" };
    model.sync("runs", [{ id: "r", kind: "other", name: "laying out the map in 3D", state: "running", ...idle }]);
    await soon();
    const said = () => Array.from(el.querySelectorAll(".pt-switch button"), (one) => one.textContent);
    expect(said()).toEqual(["2D", "3D…"]);
    model.sync("runs", []);
    await soon();
    expect(said()).toEqual(["2D", "3D"]);
  });

  test("asks for the twin and shows it, comes back, and the menu keeps one line for both", async () => {
    const model = fakeModel({ n: N });
    const { el } = opened(model).show();
    await soon();
    const buttons = () => Array.from(el.querySelectorAll<HTMLButtonElement>(".pt-switch button"));
    expect(buttons().map((one) => [one.textContent, one.getAttribute("aria-pressed")])).toEqual([
      ["2D", "true"],
      ["3D", "false"],
    ]);
    buttons()[1]?.click();
    await soon();
    expect(model.get("layout_name")).toBe("umap-3d");
    expect(find(el, ".pt-map").dataset.dims).toBe("3");
    expect(buttons()[1]?.getAttribute("aria-pressed")).toBe("true");
    const options = Array.from(find(el, ".pt-choice").querySelectorAll("option"));
    expect(options.map((one) => one.value)).toEqual(["pca", "pca-grid", "umap", "umap-grid"]);
    expect(words(el, ".pt-choice-value")).toBe("UMAP");
    expect(find(el, ".pt-choice").title).toBe("Layout of the map: UMAP");
    buttons()[0]?.click();
    await soon();
    expect(model.get("layout_name")).toBe("umap");
    expect(find(el, ".pt-map").dataset.dims).toBe("2");
  });

  test("says why it cannot", () => {
    const shown = {
      name: "given",
      title: "given",
      method: "given",
      encoder: "",
      dims: 2,
      revision: 1,
      placed: 3,
      added: 0,
    } as const;
    expect(obstacle([{ ...shown, status: "ready", added: 0 }], { ...shown, status: "ready" }, 3)).toMatch(
      "given in 2D",
    );
    const growing = { ...shown, name: "pca", method: "pca", status: "growing" } as const;
    expect(obstacle([growing], growing, 3)).toBe("When all images are on the map");
    expect(obstacle([growing], growing, 2)).toBeNull();
  });
});
