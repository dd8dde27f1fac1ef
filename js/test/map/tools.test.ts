import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import { toolBar } from "../../src/map/tools";
import { viewState } from "../../src/map/view_state";
import { type Look, lookOf } from "../../src/scatter/look";
import { fakeStore } from "../fakeStore";

test("on a low map there are only those that say what dragging does, and a button for the others", async () => {
  const store = fakeStore(10, 2);
  const view = viewState(store);
  const el = document.createElement("div");
  document.body.append(el);
  const close = toolBar(store, view, signal<Look>(lookOf(10, 1e5, 1)), () => Promise.reject(), el);
  const names = () =>
    Array.from(el.querySelectorAll("button"))
      .filter((button) => button.closest("[hidden]") === null)
      .map((button) => button.getAttribute("aria-label"));
  const sized = async (width: number, height: number, has: string, hasNot: string) => {
    view.size.value = { width, height };
    await vi.waitFor(() => expect(names()).toContain(has));
    expect(names()).not.toContain(hasNot);
    expect(names().slice(0, 4)).toEqual(["Hand", "Lasso", "Box", "Brush"]);
  };
  await sized(600, 480, "Fit", "More tools");
  await sized(900, 230, "More tools", "Fit");
  el.querySelector<HTMLElement>("[aria-label='More tools']")?.click();
  await vi.waitFor(() => expect(names()).toContain("Fit"));
  expect(el.querySelector("[aria-label='More tools'][aria-expanded=true]")).not.toBe(null);
  el.querySelector<HTMLElement>("[aria-label=Points]")?.click();
  await vi.waitFor(() => expect(el.querySelector(".pt-map-box .pt-map-box [aria-label=Opacity]")).not.toBe(null));
  el.querySelector(".pt-map-box .pt-map-box input")?.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  expect(el.querySelectorAll(".pt-map-box").length, "a press in the inner one").toBe(2);
  document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  await vi.waitFor(() => expect(names()).not.toContain("Fit"));
  expect(el.querySelectorAll(".pt-map-box").length).toBe(1);
  await sized(400, 400, "More tools", "Fit");
  await sized(400, 600, "Fit", "More tools");
  close();
  expect(el.childElementCount).toBe(0);
});
