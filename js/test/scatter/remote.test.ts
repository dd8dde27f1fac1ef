/** What the page says to the worker that draws, and when. */

import { afterEach, expect, test, vi } from "vitest";
import { remoteScatter } from "../../src/scatter/remote";
import { emptyState } from "../../src/scatter/state";
import type { FromWorker, ToWorker } from "../../src/scatter/worker";

afterEach(() => vi.unstubAllGlobals());

function begun() {
  const said: ToWorker[] = [];
  class FakeWorker extends EventTarget {
    onmessage: ((event: MessageEvent) => void) | null = null;
    postMessage = (message: ToWorker) => said.push(message);
    terminate = () => undefined;
    answer(data: FromWorker): void {
      this.dispatchEvent(new MessageEvent("message", { data }));
    }
  }
  const workers: FakeWorker[] = [];
  vi.stubGlobal("Worker", function made() {
    workers.push(new FakeWorker());
    return workers.at(-1);
  });
  const revoked = vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:code");
  const canvas = { style: {}, width: 0, height: 0, getContext: () => ({ transferFromImageBitmap: () => undefined }) };
  const scatter = remoteScatter(
    canvas as unknown as HTMLCanvasElement,
    "",
    () => undefined,
    () => undefined,
  );
  const picture = { width: 10, height: 10 } as ImageBitmap;
  return {
    scatter,
    said,
    worker: workers[0] as FakeWorker,
    picture,
    revoked,
    style: canvas.style as CSSStyleDeclaration,
  };
}

test("a picture is taken when it arrives, not in the next frame: the worker goes on with what is newer meanwhile", () => {
  const { scatter, said, worker, picture, revoked } = begun();
  scatter.set({ camera: emptyState().camera });
  expect(scatter.draw(0)).toBe(true);
  expect(said.map(({ kind }) => kind)).toEqual(["set"]);
  worker.answer({ serial: 1, whole: false, picture, cover: null });
  expect(said.map(({ kind }) => kind)).toEqual(["set", "taken"]);
  expect(scatter.draw(1)).toBe(true);
  worker.answer({ serial: 1, whole: true, picture, cover: null });
  expect(scatter.draw(2)).toBe(false);
  expect(revoked).toHaveBeenCalledTimes(1);
});

test("a whole picture of what was set before is not the whole of what is set now", () => {
  const { scatter, worker, picture } = begun();
  scatter.set({ camera: emptyState().camera });
  scatter.draw(0);
  scatter.set({ dpr: 2 });
  scatter.draw(1);
  worker.answer({ serial: 1, whole: true, picture, cover: null });
  expect(scatter.draw(2)).toBe(true);
});

test("the colours on show are those of the last picture, or of the answer that there is nothing to draw", () => {
  const { scatter, worker, picture } = begun();
  const colors = () => ({ codes: new Uint8Array(0), lut: new Uint8Array(4) });
  const [first, second] = [colors(), colors()];
  scatter.set({ camera: emptyState().camera, colors: first });
  scatter.draw(0);
  expect(scatter.colors()).toBe(null);
  worker.answer({ serial: 1, whole: true, picture: null, cover: null });
  expect(scatter.colors()).toBe(first);
  scatter.set({ colors: second });
  scatter.draw(1);
  worker.answer({ serial: 1, whole: true, picture, cover: null });
  expect(scatter.colors()).toBe(first);
  worker.answer({ serial: 2, whole: false, picture, cover: null });
  expect(scatter.colors()).toBe(second);
});

test("positions go to the worker once, and other colours without them", async () => {
  const { scatter, said } = begun();
  const positions = { xy: new Float32Array(6), dims: 2 as const };
  scatter.set({ camera: emptyState().camera, positions, colors: { codes: new Uint8Array(3), lut: new Uint8Array(8) } });
  await Promise.resolve();
  scatter.set({ positions, colors: { codes: new Uint8Array([1, 0, 1]), lut: new Uint8Array(8) } });
  await Promise.resolve();
  const sent = said.flatMap((message) => (message.kind === "set" ? [Object.keys(message.state).sort()] : []));
  expect(sent).toEqual([["camera", "colors", "positions"], ["colors"]]);
});

test("what covers pictures is of the boxes it was asked for, and gone with the next picture without it", () => {
  const { scatter, worker, picture } = begun();
  const boxes = [{ left: 1, top: 2, width: 3, height: 4, depth: 0 }];
  const cover = { close: vi.fn() } as unknown as ImageBitmap;
  scatter.set({ camera: emptyState().camera, boxes });
  scatter.draw(0);
  worker.answer({ serial: 1, whole: true, picture, cover });
  expect(scatter.cover()?.boxes).toBe(boxes);
  scatter.set({ boxes: null });
  scatter.draw(1);
  worker.answer({ serial: 2, whole: true, picture, cover: null });
  expect(scatter.cover()).toBe(null);
  expect(cover.close).toHaveBeenCalledTimes(1);
});

test("until the next picture the last one follows the camera: moved by whole pixels of the screen, scaled as it must", () => {
  const { scatter, worker, picture, style } = begun();
  const camera = { ...emptyState().camera, x: 0, y: 0, scale: 10 };
  scatter.set({ camera, dpr: 2 });
  scatter.draw(0);
  worker.answer({ serial: 1, whole: true, picture, cover: null });
  scatter.set({ camera: { ...camera, x: 0.3251, y: -0.2 } });
  scatter.draw(1);
  expect(style.transform).toBe("translate(-3.5px, -2px) scale(1)");
  scatter.set({ camera: { ...camera, x: 0.3251, scale: 20 } });
  scatter.draw(2);
  expect(style.transform).toBe("translate(-6.502px, 0px) scale(2)");
});
