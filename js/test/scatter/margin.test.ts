/** When a picture of a dragged map still serves. */

import { expect, test } from "vitest";
import { flatCamera } from "../../src/scatter/camera";
import { covering, marginOf, NONE } from "../../src/scatter/margin";

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
