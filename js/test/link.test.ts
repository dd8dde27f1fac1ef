import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { maskOf } from "../src/bitmask";
import { packMask } from "../src/bytes";
import { createLink } from "../src/link";
import { fakeModel } from "./fakeModel";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const soon = () => vi.advanceTimersByTimeAsync(0);

describe("a question", () => {
  test("gets its answer, whatever the order of answers", async () => {
    const model = fakeModel();
    const link = createLink(model);
    model.answer("details", ({ row }: { row: number }) => ({ answer: { row } }));
    model.wait_ms = () => (model.asked.length === 1 ? 50 : 10);
    const first = link.ask("details", { row: 1 });
    const second = link.ask("details", { row: 2 });
    await vi.advanceTimersByTimeAsync(60);
    expect((await first).answer.row).toBe(1);
    expect((await second).answer.row).toBe(2);
  });

  test("that the kernel refuses is rejected in the kernel's words", async () => {
    const model = fakeModel();
    const link = createLink(model);
    const refused = link.ask("column", { name: "nobody" });
    await expect(refused).rejects.toMatchObject({ kind: "asked", message: expect.stringContaining('"nobody"') });
  });

  test("whose answer cannot be read is rejected, not lost", async () => {
    const model = fakeModel();
    const link = createLink(model);
    const asked = link.ask("details", { row: 1 });
    const { client, id } = model.asked[0] as { client: string; id: number };
    model.trigger("msg:custom", { client, id, answer: { buffers: [{ name: "x", dtype: "f32", shape: [2] }] } }, [
      new Uint8Array(7),
    ]);
    await expect(asked).rejects.toMatchObject({ kind: "protocol", message: expect.stringContaining("has 7 bytes") });
  });

  test("taken back is rejected at once, told to the kernel, and its late answer ignored", async () => {
    const model = fakeModel();
    model.wait_ms = (question) => (question === "details" ? 100 : 0);
    const link = createLink(model);
    const abort = new AbortController();
    const asked = link.ask("details", { row: 1 }, { signal: abort.signal });
    abort.abort();
    await expect(asked).rejects.toMatchObject({ kind: "cancelled" });
    expect(model.asked[1]).toMatchObject({ ask: "cancel", params: { id: model.asked[0]?.id } });
    await vi.advanceTimersByTimeAsync(200);
    expect(link.connection.value.state).toBe("ok");
  });

  test("taken back after its answer does nothing", async () => {
    const model = fakeModel();
    const link = createLink(model);
    const abort = new AbortController();
    await link.ask("details", { row: 1 }, { signal: abort.signal });
    abort.abort();
    expect(model.asked.map(({ ask }) => ask)).toEqual(["details"]);
  });

  test("of another client, and answers nobody waits for, are left alone", async () => {
    const model = fakeModel();
    const link = createLink(model);
    const asked = link.ask("details", { row: 1 });
    model.trigger("msg:custom", { client: "other", id: model.asked[0]?.id, answer: { row: 99 } }, []);
    model.trigger("msg:custom", { client: link.client, id: 4711, answer: {} }, []);
    model.trigger("msg:custom", { kind: "anywidget-command" }, []);
    expect((await asked).answer.row).toBe(1);
  });

  test("sends whole buffers: JupyterLab sends what lies behind a view", () => {
    const model = fakeModel();
    const send = vi.spyOn(model, "send");
    const link = createLink(model);
    const bits = new Uint8Array([7, 7, 1, 7]).subarray(2, 3);
    void link.ask("select", {}, { buffers: [packMask("mask", { n: 8, bits, count: 1 })] });
    const sent = send.mock.lastCall?.[2] as Uint8Array[] | undefined;
    expect(new Uint8Array(sent?.[0]?.buffer as ArrayBuffer)).toEqual(Uint8Array.of(1));
  });
});

describe("a silent kernel", () => {
  test("is asked for a sign of life, then called busy, then ok when it speaks", async () => {
    const model = fakeModel();
    const link = createLink(model);
    model.busy = true;
    const asked = link.ask("details", { row: 1 });
    await vi.advanceTimersByTimeAsync(1100);
    expect(model.asked.map(({ ask }) => ask)).toEqual(["details", "cancel"]);
    expect(link.connection.value.state).toBe("ok");
    await vi.advanceTimersByTimeAsync(500);
    expect(link.connection.value.state).toBe("busy");
    model.busy = false;
    await soon();
    expect(link.connection.value.state).toBe("ok");
    expect((await asked).answer.row).toBe(1);
  });

  test("is not busy when only one question takes long", async () => {
    const model = fakeModel();
    model.wait_ms = (question) => (question === "picture" ? 6000 : 0);
    const link = createLink(model);
    const asked = link.ask("picture", { row: 1, max_px: 100 });
    const states = new Set<string>();
    link.connection.subscribe(({ state }) => states.add(state));
    await vi.advanceTimersByTimeAsync(6000);
    await asked;
    expect([...states]).toEqual(["ok"]);
  });

  test("that nobody asks anything is never busy", async () => {
    const model = fakeModel();
    const link = createLink(model);
    model.busy = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(link.connection.value.state).toBe("ok");
    expect(model.asked).toEqual([]);
  });
});

describe("a kernel that is gone", () => {
  test.each(["comm_live_update", "comm:close"])("by %s: open questions end, new ones are refused", async (event) => {
    const model = fakeModel();
    model.busy = true;
    const link = createLink(model);
    const open = link.ask("details", { row: 1 });
    model.trigger(event);
    await expect(open).rejects.toMatchObject({ kind: "gone" });
    expect(link.connection.value).toMatchObject({
      state: "gone",
      message: expect.stringContaining("Run the cell again"),
    });
    await expect(link.ask("details", { row: 1 })).rejects.toMatchObject({ kind: "gone" });
  });

  test("is noticed when sending fails", async () => {
    const model = fakeModel();
    model.send = () => {
      throw new Error("Canceled");
    };
    const link = createLink(model);
    await expect(link.ask("details", { row: 1 })).rejects.toMatchObject({ kind: "gone" });
    expect(link.connection.value.state).toBe("gone");
  });
});

test("another version of the protocol is told to the user and nothing is asked", async () => {
  const model = fakeModel();
  model.sync("protocol", 99);
  const link = createLink(model);
  expect(link.connection.value).toMatchObject({ state: "version" });
  expect((link.connection.value as { message: string }).message).toContain("Restart the kernel and reload the page");
  await expect(link.ask("details", { row: 1 })).rejects.toMatchObject({ kind: "protocol" });
  expect(model.asked).toEqual([]);
});

test("an event that cannot be read is told, not thrown at the host", () => {
  const model = fakeModel();
  const link = createLink(model);
  link.on("selection", () => {});
  const buffers = [{ name: "mask", dtype: "bits", shape: [100] }];
  model.trigger("msg:custom", { event: "selection", params: { revision: 1, count: 0, client: "", buffers } }, []);
  expect(link.defect.value).toContain("lists 1 buffers and carries 0");
});

test("traits follow the kernel and are written back", () => {
  const model = fakeModel();
  const link = createLink(model);
  const saved = vi.spyOn(model, "save_changes");
  model.sync("n", 7);
  expect(link.traits.n.value).toBe(7);
  link.set("color_by", "sharpness");
  expect(link.traits.color_by.value).toBe("sharpness");
  expect(model.get("color_by")).toBe("sharpness");
  expect(saved).not.toHaveBeenCalled();
  link.set("color_by", "label");
  vi.advanceTimersByTime(100);
  expect(saved).toHaveBeenCalledTimes(1);
  link.set("names_shown", false);
  expect(saved, "only what draws all points anew waits").toHaveBeenCalledTimes(2);
});

test("what was chosen is told before the next question, and before the link is closed", () => {
  const model = fakeModel();
  const link = createLink(model);
  const told: string[] = [];
  vi.spyOn(model, "save_changes").mockImplementation(() => told.push("saved"));
  vi.spyOn(model, "send").mockImplementation((content) => told.push((content as { ask: string }).ask));
  link.set("color_by", "sharpness");
  link.ask("tag", { tag: "x", action: "add" }).catch(() => undefined);
  expect(told).toEqual(["saved", "tag"]);
  link.set("color_by", null);
  link.close();
  expect(told).toEqual(["saved", "tag", "saved"]);
});

test("closed, it leaves no listener, no timer and no open question", async () => {
  const model = fakeModel();
  model.busy = true;
  const link = createLink(model);
  expect(model.listeners()).toBeGreaterThan(0);
  const asked = link.ask("tag", { tag: "x", action: "add" }, { buffers: [packMask("mask", maskOf(100, [1]))] });
  link.close();
  await expect(asked).rejects.toMatchObject({ kind: "gone" });
  expect(model.listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
