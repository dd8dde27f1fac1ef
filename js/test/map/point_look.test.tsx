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
  await vi.waitFor(() => expect(el.querySelectorAll("input[type=range]").length).toBe(3));
  const tagged = el.querySelector<HTMLInputElement>("input[type=checkbox]") as HTMLInputElement;
  expect(tagged.checked).toBe(true);
  tagged.click();
  expect(store.traits.tags_shown.peek()).toBe(false);
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

test("a box stands over its tool, or under it where the page ends above; it goes when the page moves the tool", async () => {
  const el = document.createElement("div");
  el.className = "pt-map";
  document.body.append(el);
  render(<PointLook store={fakeStore(10, 2)} look={signal<Look>(USUAL)} />, el);
  const shown = vi.fn();
  const page = { clientWidth: 600, clientHeight: 500, offsetWidth: 220, offsetHeight: 150 };
  for (const [name, value] of Object.entries(page))
    vi.spyOn(HTMLElement.prototype, name as "clientWidth", "get").mockReturnValue(value);
  HTMLElement.prototype.showPopover = shown;
  const isTool = (one: HTMLElement) => !one.matches(".pt-map");
  let top = 0;
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (this: HTMLElement) {
    return isTool(this) ? new DOMRect(350, top, 30, 30) : new DOMRect(100, 200, 400, 66);
  });
  const box = () => el.querySelector<HTMLElement>(".pt-map-box");
  async function openAt(at: number): Promise<string | undefined> {
    top = at;
    el.querySelector<HTMLElement>("[aria-label=Points]")?.click();
    await vi.waitFor(() => expect(box()?.style.inset).not.toBe(""));
    return box()?.style.inset;
  }
  expect(await openAt(228), "higher than the map is").toBe("auto auto 280px 272px");
  expect(shown).toHaveBeenCalledTimes(1);
  box()?.dispatchEvent(new Event("scroll"));
  el.append(document.createElement("div"));
  el.lastElementChild?.dispatchEvent(new Event("scroll"));
  expect(box()).not.toBe(null);
  document.dispatchEvent(new Event("scroll"));
  await vi.waitFor(() => expect(box()).toBe(null));
  expect(await openAt(100)).toBe("138px auto auto 272px");
  vi.restoreAllMocks();
  Reflect.deleteProperty(HTMLElement.prototype, "showPopover");
  render(null, el);
});
