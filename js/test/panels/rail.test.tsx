/** The rail opens and closes side panels, by mouse and by keys; one at a time, and the focus comes back. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../../src/widget";
import { fakeModel } from "../fakeModel";

const open: (() => void)[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => ({ width: 4, height: 4, close() {} }));
});
afterEach(() => {
  for (const close of open.splice(0)) close();
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const soon = (ms = 60) => vi.advanceTimersByTimeAsync(ms);

function shown(): HTMLElement {
  const model = fakeModel({ n: 20 });
  const made = widget();
  const end = made.initialize({ model });
  const el = document.createElement("div");
  document.body.append(el);
  open.push(made.render({ model, el }), end);
  return el;
}
const find = (el: Element, selector: string) => el.querySelector<HTMLElement>(selector) as HTMLElement;
const press = (el: Element, key: string) =>
  el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

test("a button opens its panel and closes it, and says which is open", async () => {
  const el = shown();
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
  const el = shown();
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
  const el = shown();
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
