import { describe, expect, test } from "vitest";
import { type Corner, emptiestCorner } from "../../src/map/emptiest";
import { modeOf } from "../../src/map/mode";
import { noteOf } from "../../src/map/note";
import { scrolls, wheelFactor, wheelGuard } from "../../src/map/wheel_guard";
import { flatCamera } from "../../src/scatter/camera";

const CORNERS: readonly Corner[] = ["top-right", "top-left", "bottom-right"];

test("the legend goes where it hides the fewest points", () => {
  const size = { width: 400, height: 300 };
  const box = { width: 100, height: 100 };
  const camera = flatCamera(200, -150, 1);
  const at = (places: [number, number][]) => {
    const xy = Float32Array.from(places.flatMap(([sx, sy]) => [sx, -sy]));
    return emptiestCorner(xy, 2, camera, size, box, CORNERS).corner;
  };
  expect(at([])).toBe("top-right");
  expect(at([[350, 50]])).toBe("top-left");
  expect(
    at([
      [350, 50],
      [50, 50],
    ]),
  ).toBe("bottom-right");
  expect(
    at([
      [350, 50],
      [360, 50],
      [50, 50],
      [350, 250],
      [350, 260],
    ]),
  ).toBe("top-left");
  expect(at([[Number.NaN, 4]])).toBe("top-right");
  const crowd: number[] = Array.from({ length: 98 }, (_, i) => [150 + i, -150]).flat();
  const staying = (few: number) =>
    emptiestCorner(Float32Array.of(...crowd, 350, -50), 2, camera, size, box, CORNERS, few).corner;
  expect([staying(0.02), staying(0.001)]).toEqual(["top-right", "top-left"]);
  const full = [0, 1, 2, 3].flatMap((i) => [50 + 100 * i, -50, 50 + 100 * i, -250]);
  const { covers } = emptiestCorner(Float32Array.of(...full, 900, 0), 2, camera, size, box, CORNERS);
  expect(covers).toBeCloseTo(1 / 8);
});

test("modifier keys: the grammar of selecting", () => {
  const none = { shiftKey: false, metaKey: false, ctrlKey: false, altKey: false };
  expect(modeOf(none)).toBe("replace");
  for (const key of ["shiftKey", "metaKey", "ctrlKey"] as const) {
    expect(modeOf({ ...none, [key]: true })).toBe("add");
    expect(modeOf({ ...none, [key]: true, altKey: true })).toBe("intersect");
  }
  expect(modeOf({ ...none, altKey: true })).toBe("subtract");
});

describe("whose wheel it is", () => {
  test("the page's while it scrolls the map under the pointer, however long", () => {
    const guard = wheelGuard();
    guard.entered(1000);
    for (let now = 1010; now < 4000; now += 90) expect(guard.takes(now, false)).toBe(false);
  });

  test("the map's once the pointer has rested on it", () => {
    const guard = wheelGuard();
    guard.entered(1000);
    expect(guard.takes(1400, false)).toBe(true);
    expect(guard.takes(1410, false)).toBe(true);
  });

  test("the map's at once when it has focus and the pointer was moved there by hand", () => {
    const guard = wheelGuard();
    guard.entered(1000);
    expect(guard.takes(1010, true)).toBe(false);
    guard.pointed();
    expect(guard.takes(1020, true)).toBe(true);
    guard.entered(2000);
    expect(guard.takes(2010, true)).toBe(false);
  });

  test("never before the pointer came in", () => {
    expect(wheelGuard().takes(1e9, false)).toBe(false);
  });
});

test("over a list that scrolls the wheel is the list's, over all else on the map it is the map's", () => {
  document.body.innerHTML = "<div><p><i></i></p><b></b></div>";
  const [root, list, line, button] = [..."div p i b".split(" ")].map((name) => document.querySelector(name) as Element);
  (list as HTMLElement).style.overflowY = "auto";
  const isOver = (one: unknown) => scrolls(one as Element, root as Element);
  expect([isOver(line), isOver(button)]).toEqual([false, false]);
  Object.defineProperty(list, "scrollHeight", { value: 300 });
  expect([isOver(line), isOver(list), isOver(button), isOver(null)]).toEqual([true, true, false, false]);
});

test("a wheel turn zooms the same in pixels and in lines, and back again", () => {
  const turn = (deltaY: number, deltaMode = 0, ctrlKey = false) => wheelFactor({ deltaY, deltaMode, ctrlKey });
  expect(turn(-100)).toBeGreaterThan(1.1);
  expect(turn(-100) * turn(100)).toBeCloseTo(1, 12);
  expect(turn(-5, 1)).toBe(turn(-100));
  expect(turn(-1e6)).toBeLessThan(2);
  expect(turn(-10, 0, true)).toBeGreaterThan(turn(-10));
});

describe("what the map says", () => {
  const layout = (...xy: number[]) => ({ xy: Float32Array.from(xy), dims: 2 });
  test.each([
    [null, false, true, 9, "The map appears as embeddings arrive.", true],
    [null, false, false, 9, "No image has a position yet.", true],
    [null, false, false, 0, "", true],
    [layout(Number.NaN, Number.NaN), true, true, 1, "The map appears as embeddings arrive.", true],
    [layout(1, 2, Number.NaN, 1), true, true, 2, "1 of 2 on the map", false],
    [layout(1, 2, Number.NaN, 1), false, false, 2, "1 image has no position", false],
    [layout(1, 2, Number.NaN, 1, 4, Number.POSITIVE_INFINITY), false, false, 3, "2 images have no position", false],
    [layout(1, 2), false, false, 1, "", false],
  ])("%j, growing %s, running %s", (at, growing, running, n, text, empty) => {
    expect(noteOf(at, growing, running, n)).toEqual({ text, empty });
  });

  test("a row in space without a depth has no position", () => {
    const xy = Float32Array.of(0, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 2, 2, Number.NaN);
    expect(noteOf({ xy, dims: 3 }, false, false, 3).text).toBe("2 images have no position");
  });

  test("images that failed are told in the line below alone", () => {
    const layout = { xy: Float32Array.of(0, 0, Number.NaN, Number.NaN, Number.NaN, 0), dims: 2 };
    expect(noteOf(layout, false, false, 3, false, 2)).toEqual({ text: "", empty: false });
    expect(noteOf(layout, false, false, 3, false, 1).text).toBe("2 images have no position");
  });

  test("where none could be read it does not promise a position", () => {
    const said = { text: "None of the images could be read; “3 failed” below lists why.", empty: true };
    expect(noteOf(null, false, false, 3, false, 3)).toEqual(said);
    expect(noteOf(null, false, true, 3, false, 3)).toEqual(said); // whatever else is at work
    expect(noteOf(null, false, false, 3, false, 2)).not.toEqual(said);
  });
});
