/** Saving a picture of the map: the box that asks for it, and how the picture is put together. */

import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PictureLayer } from "../../src/map/pictures/layer";
import type { Shown } from "../../src/map/pictures/paint";
import { nameOf } from "../../src/map/snapshot/hand_over";
import { write } from "../../src/map/snapshot/names";
import { SavePicture, type TakePicture } from "../../src/map/snapshot/save_picture";
import { fits, sizeOf } from "../../src/map/snapshot/size";
import { snapshot } from "../../src/map/snapshot/snapshot";
import type { Surface } from "../../src/map/surface";
import type { Colors } from "../../src/map/theme";
import { viewState } from "../../src/map/view_state";
import { fakeStore } from "../fakeStore";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("a file is named after what the map is of, without what a file may not be named", () => {
  expect(nameOf("photos/")).toBe("photos map.png");
  expect(nameOf("C:\\data\\cars & vans")).toBe("cars & vans map.png");
  expect(nameOf('a "b": c?\n')).toBe("a b c map.png");
  expect(nameOf(" / ")).toBe("map.png");
});

test("sizes are in pixels of this screen, and only up to what a canvas can be", () => {
  expect(sizeOf({ width: 600.4, height: 480 }, 1.5, 2)).toEqual({ width: 1801, height: 1440 });
  expect(fits({ width: 16_384, height: 4096 })).toBe(true);
  expect(fits({ width: 16_385, height: 10 })).toBe(false);
  expect(fits({ width: 16_000, height: 16_000 })).toBe(false);
});

describe("the box", () => {
  function opened(take: TakePicture, pane = { width: 600, height: 480 }) {
    const store = fakeStore(10, 2);
    const view = viewState(store);
    view.size.value = pane;
    const el = document.createElement("div");
    document.body.append(el);
    render(<SavePicture store={store} view={view} take={take} />, el);
    const button = el.querySelector("button") as HTMLButtonElement;
    const press = async (text: string) => {
      const found = () => Array.from(el.querySelectorAll("button")).find((one) => one.textContent === text);
      await vi.waitFor(() => expect(found()).toBeDefined());
      found()?.click();
    };
    button.click();
    return { store, el, button, press, close: () => render(null, el) };
  }
  const png = new Blob(["png"], { type: "image/png" });

  beforeEach(() => {
    vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:made");
  });

  test("offers three sizes and saves the one chosen; the button says that it is at work", async () => {
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(`${this.download} ${this.href}${document.body.contains(this) ? "" : ", unheard by the page"}`);
    });
    let done: (made: Blob) => void = () => undefined;
    const take = vi.fn<TakePicture>(() => new Promise((resolve) => (done = resolve)));
    const { el, button, press, close } = opened(take);
    await vi.waitFor(() => expect(el.querySelectorAll("input").length).toBe(3));
    const sizes = Array.from(el.querySelectorAll("output"), (out) => out.textContent);
    expect(sizes).toEqual(["600 × 480", "1,200 × 960", "2,400 × 1,920"]);
    el.querySelectorAll("input")[2]?.click();
    await press("Save PNG");
    expect(take.mock.calls[0]?.[0]).toEqual({ times: 4, withPictures: true, withNames: true });
    await vi.waitFor(() => expect(button.getAttribute("aria-busy")).toBe("true"));
    expect(el.querySelector("fieldset")).toBeNull();
    button.click();
    await Promise.resolve();
    expect(el.querySelector("fieldset")).toBeNull();
    done(png);
    await vi.waitFor(() => expect(button.getAttribute("aria-busy")).toBe("false"));
    expect(saved).toEqual(["photos map.png blob:made"]);
    expect(document.querySelector("a")).toBeNull();
    close();
  });

  test("pictures can be left out where there are some, and Escape closes it", async () => {
    const take = vi.fn<TakePicture>(async () => png);
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockReturnValue();
    const { store, el, button, press, close } = opened(take);
    store.traits.picture_px.value = 56;
    await vi.waitFor(() => expect(el.querySelectorAll("input").length).toBe(4));
    el.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
    button.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await vi.waitFor(() => expect(el.querySelector("fieldset")).toBeNull());
    button.click();
    await press("Save PNG");
    expect(take.mock.calls[0]?.[0]).toEqual({ times: 1, withPictures: false, withNames: true });
    close();
  });

  test("a size that no canvas has cannot be chosen", async () => {
    const { el, close } = opened(async () => png, { width: 5000, height: 4000 });
    await vi.waitFor(() => expect(el.querySelectorAll("input").length).toBe(3));
    expect(Array.from(el.querySelectorAll("input"), ({ disabled }) => disabled)).toEqual([false, true, true]);
    expect(Array.from(el.querySelectorAll("output"), (out) => out.textContent).slice(1)).toEqual(
      Array(2).fill("too large"),
    );
    close();
  });

  test("a failure is said, and a map that is gone stops the work and says nothing", async () => {
    const failing = opened(async () => Promise.reject(new Error("it is too large for this browser")));
    await failing.press("Save PNG");
    await vi.waitFor(() => expect(failing.store.toast.value?.kind).toBe("error"));
    expect(failing.store.toast.value?.text).toBe("The picture was not made: it is too large for this browser");
    expect(failing.button.getAttribute("aria-busy")).toBe("false");
    failing.close();

    let stopped: AbortSignal | null = null;
    const leaving = opened((_, signal) => {
      stopped = signal;
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    await leaving.press("Save PNG");
    leaving.close();
    await vi.waitFor(() => expect((stopped as AbortSignal | null)?.aborted).toBe(true));
    await new Promise((resolve) => setTimeout(resolve));
    expect(leaving.store.toast.value).toBeNull();
  });

  test("copies where the browser has a clipboard, promising the picture within the click", async () => {
    vi.stubGlobal(
      "ClipboardItem",
      class {
        constructor(readonly data: Record<string, Promise<Blob>>) {}
      },
    );
    const write = vi.fn(async ([item]: { data: Record<string, Promise<Blob>> }[]) => {
      expect(await item?.data["image/png"]).toBe(png);
    });
    vi.stubGlobal("navigator", { clipboard: { write } });
    const { store, el, press, close } = opened(async () => png);
    await press("Copy");
    expect(write).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(store.toast.value?.text).toBe("The picture is on the clipboard"));
    close();
    vi.stubGlobal("navigator", {});
    const without = opened(async () => png);
    await vi.waitFor(() => expect(without.el.querySelectorAll("fieldset button").length).toBe(1));
    expect(el.textContent).toBe("");
    without.close();
  });
});

describe("a picture", () => {
  const COLORS: Colors = { theme: "light", background: [255, 255, 255], text: [0, 0, 0], accent: [9, 9, 9] };
  const store = fakeStore(10, 2);
  const drawn: string[] = [];
  let canvases: HTMLCanvasElement[] = [];

  function shown(row: number, picture: Partial<ImageBitmap>): Shown {
    const box = { left: 10 * row, top: 5, width: 8, height: 6, depth: 0 };
    const plain = { color: [1, 2, 3] as const, frame: 2, ring: null, share: 1, veil: 0 };
    return { row, picture: picture as ImageBitmap, ...box, ...plain };
  }

  function parts(
    pictures: Shown[],
    points: { width: number; height: number },
    made: Blob | null,
    cover: object | null = null,
  ) {
    drawn.length = 0;
    canvases = [];
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
      canvases.push(this);
      return {
        drawImage: (image: { name?: string }, ...at: number[]) => drawn.push(`${image.name} ${at.join(" ")}`),
        fillRect: () => undefined,
        save: () => undefined,
        scale: () => undefined,
        restore: () => undefined,
      } as never;
    });
    vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation(function (this: HTMLCanvasElement, done) {
      drawn.push(`png ${this.width} ${this.height}`);
      done(made);
    });
    const asked = vi.fn();
    const surface = {
      async still(times: number, boxes: unknown, use: (canvas: HTMLCanvasElement, cover: object | null) => void) {
        asked(times, boxes);
        use({ ...points, name: "points" } as never, cover);
      },
    } as unknown as Surface;
    const still = vi.fn(() => pictures);
    return { surface, layer: { still } as unknown as PictureLayer, asked, still };
  }
  const on = new AbortController().signal;

  test("is the points and over them the pictures, as large as the points' canvas is", async () => {
    const png = new Blob(["png"]);
    const pictures = [shown(1, { width: 4, name: "one" } as never), shown(2, { width: 0, name: "gone" } as never)];
    const { surface, layer, asked, still } = parts(pictures, { width: 1200, height: 960 }, png);
    expect(
      await snapshot(
        store,
        surface,
        layer,
        document.createElement("div"),
        COLORS,
        { times: 2, withPictures: true, withNames: true },
        on,
      ),
    ).toBe(png);
    expect(asked).toHaveBeenCalledWith(
      2,
      expect.arrayContaining([{ left: 6, top: 1, width: 16, height: 14, depth: 0 }]),
    );
    expect(still).toHaveBeenCalledWith(2 * window.devicePixelRatio);
    expect(drawn).toEqual(["points 0 0", "one 10 5 8 6", "png 1200 960"]);
    expect(canvases.map(({ width, height }) => width + height)).toEqual([0]);
  });

  test("has over the pictures what is in front of them", async () => {
    const pictures = [shown(1, { width: 4, name: "one" } as never)];
    const cover = { boxes: [], image: { name: "cover" } };
    const { surface, layer } = parts(pictures, { width: 12, height: 9 }, new Blob(["png"]), cover);
    const shot = { times: 1, withPictures: true, withNames: false };
    await snapshot(store, surface, layer, document.createElement("div"), COLORS, shot, on);
    const [, copied] = canvases;
    expect(copied?.width).toBe(0);
    expect(drawn).toEqual(["points 0 0", "cover 0 0", "one 10 5 8 6", "undefined 0 0", "png 12 9"]);
  });

  test("can do without pictures, and fails in words where there is no room for it", async () => {
    const { surface, layer, still } = parts([shown(1, { width: 4 })], { width: 9, height: 9 }, null);
    const made = snapshot(
      store,
      surface,
      layer,
      document.createElement("div"),
      COLORS,
      { times: 1, withPictures: false, withNames: true },
      on,
    );
    await expect(made).rejects.toThrow("too large");
    expect(still).not.toHaveBeenCalled();
    expect(drawn).toEqual(["points 0 0", "png 9 9"]);
    expect(canvases.map(({ width, height }) => width + height)).toEqual([0]);
  });

  test("has the image itself where its thumbnail is too small, and the thumbnail where that does not come", async () => {
    class Loaded {
      src = "";
      width = 40;
      get name() {
        return this.src;
      }
      decode = async () => undefined;
    }
    vi.stubGlobal("Image", Loaded);
    const freed = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
    const thumb = (name: string, width: number) => ({ width, height: width, name }) as never;
    const pictures = [shown(1, thumb("large enough", 8)), shown(2, thumb("small", 4)), shown(3, thumb("kept", 4))];
    const { surface, layer } = parts(pictures, { width: 9, height: 9 }, new Blob(["png"]));
    const asked: number[][] = [];
    const picture: typeof store.picture = async (row, maxPx) => {
      asked.push([row, maxPx]);
      if (row === 3) throw new Error("not readable");
      return { url: `blob:${row}`, answer: { row, width: 40, height: 40, buffers: [] } };
    };
    await snapshot(
      { ...store, picture },
      surface,
      layer,
      document.createElement("div"),
      COLORS,
      { times: 1, withPictures: true, withNames: true },
      on,
    );
    expect(asked).toEqual([
      [2, 8],
      [3, 8],
    ]);
    expect(drawn.slice(1, 4)).toEqual(["large enough 10 5 8 6", "blob:2 20 5 8 6", "kept 30 5 8 6"]);
    expect(freed).toHaveBeenCalledWith("blob:2");
  });

  test("has names, cut short where the page cuts them", () => {
    const words: string[] = [];
    const context = {
      measureText: (text: string) => ({ width: 7 * text.length, fontBoundingBoxAscent: 11, fontBoundingBoxDescent: 3 }),
      fillText: (text: string, x: number, y: number) => words.push(`${text} ${x} ${y} ${context.globalAlpha}`),
      globalAlpha: 1,
    };
    const doing = new Proxy(context, { get: (it, name) => Reflect.get(it, name) ?? (() => undefined) });
    const dot = { x: 0, y: 0, color: "red" };
    const names = ["cat", "a very long name"].map((text) => ({
      text,
      x: 9,
      y: 20,
      width: 70,
      dot,
      font: "sans-serif",
      apart: text === "cat",
    }));
    write(doing as unknown as CanvasRenderingContext2D, names, COLORS, 2);
    expect(words).toEqual(["cat 9 24 0.5", "a very lo… 9 24 1"]);
  });
});
