import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { PointLook } from "../../src/map/point_look";
import { type Look, lookOf, lookWith } from "../../src/scatter/look";
import { fakeStore } from "../fakeStore";

const USUAL = lookOf(1_000_000, 640 * 520, 1);
const NONE = { size_px: null, opacity: null, density: null };

test("what is chosen holds, the rest is left to the map; a chosen opacity is not toned away", () => {
  expect(lookWith(USUAL, NONE)).toEqual(USUAL);
  expect(lookWith(USUAL, { ...NONE, size_px: 6 })).toEqual({ ...USUAL, size_px: 6, rim: 0.7 });
  expect(lookWith(USUAL, { ...NONE, opacity: 0.5 })).toEqual({ ...USUAL, opacity: 0.5, density: 0 });
  expect(lookWith(USUAL, { size_px: null, opacity: 0.5, density: 0.3 }).density).toBe(0.3);
});

test("the sliders set the traits, show what is automatic, and Reset gives all back to the map; Escape closes", async () => {
  const store = fakeStore(10, 2);
  const el = document.createElement("div");
  document.body.append(el);
  render(<PointLook store={store} look={signal<Look>(USUAL)} />, el);
  const button = el.querySelector<HTMLElement>("[aria-label=Points]");
  button?.click();
  await vi.waitFor(() => expect(el.querySelectorAll("input").length).toBe(3));
  expect(Array.from(el.querySelectorAll("output"), (out) => out.textContent)).toEqual(["auto", "auto", "auto"]);
  for (const [name, trait, value] of [
    ["Size", "point_size", 4.5],
    ["Opacity", "point_opacity", 0.4],
    ["Density", "density", 0],
  ] as const) {
    const slider = el.querySelector<HTMLInputElement>(`input[aria-label=${name}]`) as HTMLInputElement;
    slider.value = String(value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    expect(store.traits[trait].peek()).toBe(value);
  }
  await vi.waitFor(() => expect(button?.getAttribute("aria-pressed")).toBe("true"));
  el.querySelector<HTMLElement>("fieldset button")?.click();
  expect([store.traits.point_size.peek(), store.traits.density.peek()]).toEqual([null, null]);
  button?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await vi.waitFor(() => expect(el.querySelector("fieldset")).toBeNull());
  render(null, el);
});

test("a box over the tools of a low map ends below the map's upper edge and scrolls", async () => {
  const el = document.createElement("div");
  el.className = "pt-map";
  document.body.append(el);
  render(<PointLook store={fakeStore(10, 2)} look={signal<Look>(USUAL)} />, el);
  const edges = vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (
    this: HTMLElement,
  ) {
    return this === el ? new DOMRect(0, 100, 500, 250) : new DOMRect(200, 90, 220, 190);
  });
  el.querySelector<HTMLElement>("[aria-label=Points]")?.click();
  await vi.waitFor(() => expect(el.querySelector<HTMLElement>(".pt-map-box")?.style.maxHeight).toBe("172px"));
  edges.mockRestore();
  render(null, el);
});
