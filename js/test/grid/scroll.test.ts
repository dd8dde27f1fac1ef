import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createScroll } from "../../src/grid/scroll";

const HEIGHT = 400;
const TOTAL = 10_000;
let el: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  el = document.createElement("div");
  el.tabIndex = 0;
  document.body.append(el);
});
afterEach(() => {
  el.remove();
  vi.useRealTimers();
});

function opened(total = TOTAL) {
  const scroll = createScroll(el);
  scroll.resize(HEIGHT, total);
  const pointer = (kind: string, more: object = {}) => {
    const event = new PointerEvent(kind, { bubbles: true, ...more });
    Object.defineProperty(event, "movementX", { value: 2 });
    el.dispatchEvent(event);
  };
  const wheel = (deltaY: number, more: object = {}) => {
    const event = Object.assign(new WheelEvent("wheel", { deltaY, bubbles: true, cancelable: true }), more);
    el.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { scroll, pointer, wheel };
}

/** The pointer has come and rested. */
function rested(made: ReturnType<typeof opened>): void {
  made.pointer("pointerenter");
  vi.advanceTimersByTime(400);
}

describe("the wheel", () => {
  test("is the page's while one scrolls past, the grid's once the pointer has rested", () => {
    const made = opened();
    made.pointer("pointerenter");
    expect(made.wheel(20)).toBe(false);
    expect(made.scroll.offset_px.value).toBe(0);
    vi.advanceTimersByTime(400);
    expect(made.wheel(20)).toBe(true);
    expect(made.scroll.offset_px.value).toBe(20);
    made.scroll.dispose();
  });

  test("at its ends is the page's again", () => {
    const made = opened();
    rested(made);
    expect(made.wheel(-20)).toBe(false);
    made.scroll.to(TOTAL);
    expect(made.scroll.offset_px.value).toBe(TOTAL - HEIGHT);
    expect(made.wheel(20)).toBe(false);
    expect(made.wheel(-20)).toBe(true);
    made.scroll.dispose();
  });

  test("is the page's where there is nothing to scroll, and for zooming", () => {
    const short = opened(HEIGHT);
    rested(short);
    expect(short.wheel(20)).toBe(false);
    short.scroll.resize(HEIGHT, TOTAL);
    expect(short.wheel(20, { ctrlKey: true })).toBe(false);
    short.scroll.dispose();
  });

  test("a mouse's notch is spread over frames and arrives whole", () => {
    const made = opened();
    rested(made);
    made.wheel(120);
    made.wheel(120);
    expect(made.scroll.offset_px.value).toBe(0);
    vi.advanceTimersByTime(50);
    const under = made.scroll.offset_px.value;
    expect(under).toBeGreaterThan(0);
    expect(under).toBeLessThan(240);
    vi.advanceTimersByTime(2000);
    expect(made.scroll.offset_px.value).toBe(240);
    made.scroll.dispose();
  });
});

test("the offset stays inside when the room or the images change", () => {
  const { scroll } = opened();
  scroll.to(-5);
  expect(scroll.offset_px.value).toBe(0);
  scroll.to(TOTAL);
  scroll.resize(HEIGHT, 1000);
  expect(scroll.offset_px.value).toBe(600);
  scroll.resize(HEIGHT, 0);
  expect(scroll.offset_px.value).toBe(0);
  scroll.dispose();
});

test("nothing is left when it ends", () => {
  const made = opened();
  rested(made);
  made.wheel(120);
  made.scroll.dispose();
  expect(vi.getTimerCount()).toBe(0);
  expect(el.childNodes).toHaveLength(0);
  expect(made.wheel(20)).toBe(false);
});
