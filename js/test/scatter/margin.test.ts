/** When a picture of a dragged or zoomed map still serves. */

import { expect, test } from "vitest";
import { flatCamera } from "../../src/scatter/camera";
import { covering, isZoomed, marginOf, NONE, standsIn } from "../../src/scatter/margin";

const camera = flatCamera(0, 0, 10);

test("a margin is whole pixels of the page and of the screen, a quarter of the side and never very wide", () => {
  expect(marginOf(600, 400, 1)).toEqual({ across: 150, down: 100 });
  expect(marginOf(602, 4000, 1.25)).toEqual({ across: 148, down: 240 });
  expect(marginOf(600, 400, 1.1000000238418579)).toEqual(NONE);
  expect(marginOf(3, 0, 1)).toEqual(NONE);
});

test("it fills the pane as far as its margin goes, and the next one is due before that", () => {
  const margin = { across: 100, down: 50 };
  const to = (right: number, down: number) => covering(camera, margin, flatCamera(-right / 10, down / 10, 10), 1);
  expect(to(0, 0)).toBe("well");
  expect(to(60, -30)).toBe("well");
  expect(to(-61, 0)).toBe("just");
  expect(to(0, 31)).toBe("just");
  expect(to(100, 50)).toBe("just");
  expect(to(101, 0)).toBe("not");
  expect(to(0, -51)).toBe("not");
});

test("it does not where it would be blurred, scaled or turned", () => {
  const margin = { across: 100, down: 50 };
  expect(covering(camera, margin, flatCamera(1.05, 0, 10), 1)).toBe("not");
  expect(covering(camera, margin, flatCamera(1.05, 0, 10), 2)).toBe("well");
  expect(covering(camera, margin, flatCamera(0, 0, 11), 1)).toBe("not");
  expect(covering(camera, margin, { ...camera, yaw: 0.1 }, 1)).toBe("not");
  expect(covering(camera, NONE, flatCamera(0.1, 0, 10), 1)).toBe("not");
});

test("larger or smaller it stands in for a while, as long as it fills the pane", () => {
  const margin = { across: 100, down: 50 };
  const to = (scale: number, right = 0, down = 0) =>
    standsIn(camera, margin, flatCamera(-right / scale, down / scale, scale), 400, 200);
  expect(to(12.9)).toBe(true);
  expect(to(13.1)).toBe(false);
  expect(to(7.8)).toBe(true);
  expect(to(7.6)).toBe(false);
  // Scaled by 0.8 it reaches 240 and 120 px from its middle, 40 and 20 more than the pane does.
  expect(to(8, 39, -19)).toBe(true);
  expect(to(8, -41, 0)).toBe(false);
  expect(to(8, 0, 21)).toBe(false);
  expect(standsIn(camera, NONE, flatCamera(0, 0, 9.9), 400, 200)).toBe(false);
  expect(standsIn(camera, margin, { ...camera, scale: 11, yaw: 0.1 }, 400, 200)).toBe(false);
});

test("a camera that shows the same larger or smaller has zoomed, one elsewhere or turned has not", () => {
  expect(isZoomed(camera, flatCamera(3, 4, 11))).toBe(true);
  expect(isZoomed(camera, flatCamera(3, 4, 10))).toBe(false);
  expect(isZoomed(camera, { ...camera, scale: 11, pitch: 0.1 })).toBe(false);
});
