import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLink } from "../../src/link";
import { recent } from "../../src/store/recent";
import { createThumbs } from "../../src/store/thumbs";
import { fakeModel, Refusal } from "../fakeModel";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(500);
const upTo = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

interface Bitmap {
  width: number;
  height: number;
  closed: boolean;
  close(): void;
}

function opened({
  n = 5000,
  side = 100,
  picture = (row: number) => new Uint8Array([row & 255, row >> 8]) as Uint8Array | null,
} = {}) {
  const model = fakeModel({ n, picture });
  model.wait_ms = () => 20;
  const bitmaps: Bitmap[] = [];
  const decode = vi.fn(async (): Promise<ImageBitmap> => {
    const bitmap: Bitmap = {
      width: side,
      height: side,
      closed: false,
      close() {
        this.closed = true;
      },
    };
    bitmaps.push(bitmap);
    return bitmap as unknown as ImageBitmap;
  });
  const said: string[] = [];
  const link = createLink(model);
  const thumbs = createThumbs(link, ({ message }) => said.push(message), decode);
  /** The rows of each question. */
  const batches = () =>
    model.asked
      .filter(({ ask }) => ask === "thumbs")
      .map(({ params }) => (params as { buffers: { shape: number[] }[] }).buffers[0]?.shape[0]);
  return { model, link, thumbs, batches, bitmaps, decode, said };
}

const isPicture = (got: unknown) => typeof got === "object" && got !== null;

describe("pictures wished for", () => {
  test("come in batches, the first one small, each row asked for once", async () => {
    const { thumbs, batches } = opened();
    thumbs.want(Symbol("a"), upTo(100));
    thumbs.want(Symbol("b"), upTo(50));
    await settle();
    expect(batches()[0]).toBe(12);
    expect(batches().reduce((sum, size) => (sum as number) + (size as number), 0)).toBe(100);
    expect(upTo(100).every((row) => isPicture(thumbs.get(row)))).toBe(true);
    expect(thumbs.get(101)).toBeNull();
  });

  test("of the newest screen come first", async () => {
    const { model, thumbs } = opened();
    const order: number[] = [];
    model.answer("thumbs", (_, arrays) => {
      const rows = Array.from(arrays.get("rows")?.data ?? []);
      order.push(...rows);
      const bytes = new Uint8Array(rows.length);
      return {
        answer: { lengths: rows.map(() => 1), reasons: rows.map(() => "") },
        packed: [{ about: { name: "pictures", dtype: "u8", shape: [rows.length] }, bytes }],
      };
    });
    thumbs.want(Symbol("old"), upTo(400));
    thumbs.want(Symbol("new"), upTo(100, 1000));
    await settle();
    const firstNew = order.indexOf(1000);
    expect(firstNew).toBeLessThan(120);
    expect(order.indexOf(399)).toBeGreaterThan(order.indexOf(1099));
  });

  test("that left the screen are taken back, in the kernel too", async () => {
    const { model, thumbs } = opened();
    model.wait_ms = (question) => (question === "thumbs" ? 10_000 : 0);
    const viewer = Symbol("grid");
    thumbs.want(viewer, upTo(100));
    thumbs.want(viewer, upTo(100, 2000));
    await settle();
    expect(model.asked.filter(({ ask }) => ask === "cancel").length).toBeGreaterThan(2);
    thumbs.want(viewer, []);
    const asked = model.asked.filter(({ ask }) => ask === "thumbs").length;
    await settle();
    expect(model.asked.filter(({ ask }) => ask === "thumbs")).toHaveLength(asked);
  });

  test("of another view stay wished for when one view closes", async () => {
    const { thumbs } = opened();
    const [a, b] = [Symbol("a"), Symbol("b")];
    thumbs.want(a, [1]);
    thumbs.want(b, [2]);
    thumbs.want(a, []);
    await settle();
    expect(isPicture(thumbs.get(2))).toBe(true);
  });

  test("that cannot be read have a reason, shown as text", async () => {
    const { thumbs } = opened({ picture: (row) => (row === 3 ? null : new Uint8Array([1])) });
    thumbs.want(Symbol("a"), upTo(5));
    await settle();
    expect(thumbs.get(3)).toBe("cut off after 12 of 30 kB");
    expect(isPicture(thumbs.get(4))).toBe(true);
  });

  test("that the browser cannot show have a reason too", async () => {
    const { thumbs, decode } = opened();
    decode.mockRejectedValueOnce(new Error("InvalidStateError"));
    thumbs.want(Symbol("a"), [7]);
    await settle();
    expect(thumbs.get(7)).toBe("the browser cannot show this picture");
  });

  test("unreadable ones are asked for again when a retried run read them", async () => {
    let broken = true;
    const { model, thumbs } = opened({ picture: () => (broken ? null : new Uint8Array([1])) });
    model.sync("failures", 1);
    thumbs.want(Symbol("a"), [7]);
    await settle();
    expect(typeof thumbs.get(7)).toBe("string");
    broken = false;
    model.sync("failures", 0);
    await settle();
    expect(isPicture(thumbs.get(7))).toBe(true);
  });

  test("are announced together", async () => {
    const { thumbs } = opened();
    let told = 0;
    thumbs.arrived.subscribe(() => told++);
    thumbs.want(Symbol("a"), upTo(12));
    await settle();
    expect(told).toBeLessThan(8);
  });
});

describe("when a reply fails", () => {
  test("the rows are asked for again, later and later, and it is said once", async () => {
    const { model, thumbs, batches, said } = opened();
    let failing = true;
    const { answer } = model;
    answer("thumbs", (_, arrays) => {
      if (failing) throw new Refusal("the disk is gone");
      const rows = Array.from(arrays.get("rows")?.data ?? []);
      return {
        answer: { lengths: rows.map(() => 1), reasons: rows.map(() => "") },
        packed: [
          { about: { name: "pictures", dtype: "u8", shape: [rows.length] }, bytes: new Uint8Array(rows.length) },
        ],
      };
    });
    thumbs.want(Symbol("a"), [1]);
    await vi.advanceTimersByTimeAsync(10_000);
    const tries = batches().length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(8);
    expect(said).toEqual(["the disk is gone"]);
    failing = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(isPicture(thumbs.get(1))).toBe(true);
  });

  test("an answer whose lengths do not fit is refused whole", async () => {
    const { model, thumbs, said } = opened();
    model.answer("thumbs", () => ({
      answer: { lengths: [5], reasons: [""] },
      packed: [{ about: { name: "pictures", dtype: "u8", shape: [4] }, bytes: new Uint8Array(4) }],
    }));
    thumbs.want(Symbol("a"), [1]);
    await vi.advanceTimersByTimeAsync(100);
    expect(said[0]).toContain("1 thumbnails were asked for; the answer has 1 lengths of 5 bytes in 4");
    expect(thumbs.get(1)).toBeNull();
  });

  test("nothing is asked of a kernel that is gone", async () => {
    const { model, thumbs, batches, said } = opened();
    model.trigger("comm:close");
    thumbs.want(Symbol("a"), [1]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(batches()).toEqual([]);
    expect(said).toEqual([]);
  });
});

describe("room", () => {
  test("pictures used longest ago go, and come back without the kernel", async () => {
    const { thumbs, batches, bitmaps } = opened({ side: 1000 });
    const viewer = Symbol("grid");
    for (let screen = 0; screen < 4; screen++) {
      thumbs.want(viewer, upTo(20, screen * 20));
      await settle();
    }
    expect(bitmaps.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(40);
    expect(thumbs.get(0)).toBeNull();
    const asked = batches().length;
    thumbs.want(viewer, upTo(20));
    await settle();
    expect(isPicture(thumbs.get(0))).toBe(true);
    expect(batches()).toHaveLength(asked);
  });

  test("what is on screen never goes", async () => {
    const { thumbs } = opened({ side: 2000 });
    thumbs.want(Symbol("grid"), upTo(50));
    await settle();
    expect(upTo(50).every((row) => isPicture(thumbs.get(row)))).toBe(true);
  });

  test("the map of recent things forgets by weight", () => {
    const gone: string[] = [];
    const kept = recent<string>(
      5,
      (text) => text.length,
      (row) => row === 1,
      (text) => gone.push(text),
    );
    kept.set(1, "aa");
    kept.set(2, "bb");
    kept.set(3, "cc");
    expect(gone).toEqual(["bb"]);
    kept.set(1, "aaaa");
    expect(gone).toEqual(["bb", "aa", "cc"]);
    kept.clear();
    expect(kept.has(1)).toBe(false);
  });
});

test("closed, it holds no picture and no timer, and asks nothing", async () => {
  const { link, thumbs, bitmaps, model } = opened();
  thumbs.want(Symbol("a"), upTo(200));
  await vi.advanceTimersByTimeAsync(25);
  thumbs.close();
  link.close();
  await settle();
  expect(bitmaps.every(({ closed }) => closed)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  expect(model.listeners()).toBe(0);
});
