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

/** A flat map of 400 × 200 px that is shown whole, and what the worker was told since, without positions. */
function shown() {
  const on = begun();
  const camera = { ...emptyState().camera, scale: 10 };
  const positions = { xy: new Float32Array(6), dims: 2 as const };
  on.scatter.set({ camera, positions, width: 400, height: 200 });
  on.scatter.draw(0);
  on.worker.answer({ serial: 1, whole: true, picture: on.picture, cover: null });
  const told = () => on.said.flatMap((one) => (one.kind === "set" && one.serial > 1 ? [one.state] : []));
  const answer = (serial: number, whole = true) =>
    on.worker.answer({ serial, whole, picture: on.picture, cover: null });
  const look = (rightPx: number, change = {}) => {
    on.scatter.set({ camera: { ...camera, x: -rightPx / 10 }, ...change });
    return on.scatter.draw(0);
  };
  return { ...on, camera, told, answer, look };
}

test("a dragged map has a margin, and no picture is made while that lasts", () => {
  const { told, answer, look, style } = shown();
  expect(look(10)).toBe(true);
  expect(told()).toEqual([{ camera: { ...emptyState().camera, scale: 10, x: -1 }, width: 600, height: 300 }]);
  look(20); // what is on its way will do for it too
  expect(told().length).toBe(1);
  answer(2);
  expect([style.left, style.top, style.width, style.height]).toEqual([
    "-100px",
    "-50px",
    "calc(100% + 200px)",
    "calc(100% + 100px)",
  ]);
  expect(look(70)).toBe(false);
  expect(told().length).toBe(1);
  expect(style.transform).toBe("translate(60px, 0px) scale(1)");
  expect(look(71)).toBe(false); // the next one is on its way before the margin ends, and this one is whole until then
  expect(told().length).toBe(2);
  expect(look(111)).toBe(true);
});

test("a picture of points of which some are missing is followed by the whole one before anything moves on", () => {
  const { answer, look, told } = shown();
  look(10);
  answer(2, false);
  expect(look(20)).toBe(true);
  expect(told().length).toBe(1);
  answer(2);
  expect(look(20)).toBe(false);
});

test("anything else that changes is drawn where the map was dragged to, without a margin", () => {
  const { answer, look, told, scatter, style } = shown();
  look(10);
  answer(2);
  look(40);
  scatter.set({ lit: { bits: new Uint8Array(1), count: 0 } });
  expect(scatter.draw(0)).toBe(true);
  expect(told()[1]).toMatchObject({ camera: { x: -4 }, width: 400, height: 200, lit: { count: 0 } });
  answer(2); // late, and of what was before
  expect(look(40)).toBe(true);
  answer(3);
  expect(look(40)).toBe(false);
  expect([style.left, style.width]).toEqual(["0px", "calc(100% + 0px)"]);
});

test("a map in space is drawn anew with every move", () => {
  const deep = shown();
  deep.look(0, { positions: { xy: new Float32Array(6), dims: 3 } });
  deep.answer(2);
  deep.look(10);
  deep.answer(3);
  deep.look(20);
  expect(deep.told().length).toBe(3);
  expect(deep.told().some((state) => "width" in state)).toBe(false);
});

/** The same map, zoomed a step per frame with points that grow, on a clock of its own. */
function zooming() {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const on = shown();
  const zoom = (at_ms: number, scale: number) => {
    now = at_ms;
    on.scatter.set({ camera: { ...on.camera, scale }, look: { ...emptyState().look, size_px: scale } });
    return on.scatter.draw(at_ms);
  };
  const answered = (at_ms: number, serial: number) => {
    now = at_ms;
    on.answer(serial);
  };
  return { ...on, zoom, answered };
}

test("while a flat map zooms each picture is scaled for three times as long as it took, and at rest all is drawn", () => {
  const { zoom, answered, told, scatter } = zooming();
  const scales = () => told().map(({ camera }) => camera?.scale);
  expect(zoom(1000, 11)).toBe(true);
  expect(zoom(1010, 11.2)).toBe(true); // what is on its way will do for it
  answered(1020, 2);
  zoom(1030, 11.4);
  zoom(1059, 11.6);
  expect(scales()).toEqual([11]);
  expect(zoom(1060, 11.8)).toBe(true);
  answered(1080, 3);
  expect(zoom(1085, 12)).toBe(true);
  expect(told().length).toBe(2);
  expect(scatter.draw(1090)).toBe(true); // nothing moved since the frame before
  expect(scales()).toEqual([11, 11.8, 12]);
  answered(1110, 4);
  expect(scatter.draw(1120)).toBe(false);
});

test("a picture that would be scaled too much, or not fill the pane, is followed at once", () => {
  const { zoom, answered, told } = zooming();
  zoom(1000, 11);
  zoom(1010, 15);
  expect(told().map(({ camera }) => camera?.scale)).toEqual([11, 15]);
  answered(1500, 3);
  zoom(1510, 14.9); // smaller than what is drawn of it, so the next has a margin
  expect(told().at(-1)).toMatchObject({ camera: { scale: 14.9 }, width: 600, height: 300 });
  answered(2000, 4);
  zoom(2010, 12);
  expect(told().length).toBe(3);
});
