/** The rail opens and closes side panels, by mouse and by keys; one at a time, and the focus comes back. */

import { expect, test } from "vitest";
import { fakeModel } from "../fakeModel";
import { find, press, shown, soon, stage } from "../stage";

stage();

const opened = () => shown(fakeModel({ n: 20 }));

test("a button opens its panel and closes it, and says which is open", async () => {
  const el = opened();
  const button = find(el, '.pt-rail [data-panel="clusters"]');
  expect(el.querySelector(".pt-panel")).toBeNull();
  expect(button.getAttribute("aria-expanded")).toBe("false");
  button.click();
  await soon();
  expect(find(el, ".pt-panel h2").textContent).toBe("Clusters");
  expect(button.getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement).toBe(find(el, ".pt-panel"));
  button.click();
  await soon();
  expect(find(el, ".pt-panel").inert).toBe(true);
  await soon(200);
  expect(el.querySelector(".pt-panel")).toBeNull();
});

test("Escape in a panel closes it and leaves the selection; the focus is on the rail again", async () => {
  const el = opened();
  await soon();
  press(find(el, ".pt-grid"), "i");
  await soon();
  expect(find(el, ".pt-picked b").textContent).toBe("20");
  find(el, ".pt-rail button").click();
  await soon();
  press(find(el, ".pt-panel"), "Escape");
  await soon(250);
  expect(el.querySelector(".pt-panel")).toBeNull();
  expect(find(el, ".pt-picked b").textContent).toBe("20");
  expect(document.activeElement).toBe(find(el, ".pt-rail button"));
});

test("Escape in the grid clears the selection first, then closes the panel", async () => {
  const el = opened();
  await soon();
  press(find(el, ".pt-grid"), "i");
  find(el, ".pt-rail button").click();
  await soon();
  press(find(el, ".pt-grid"), "Escape");
  await soon(250);
  expect(el.querySelector(".pt-picked b")).toBeNull();
  expect(el.querySelector(".pt-panel")).not.toBeNull();
  press(find(el, ".pt-grid"), "Escape");
  await soon(250);
  expect(el.querySelector(".pt-panel")).toBeNull();
});
