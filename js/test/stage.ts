/** A page for the whole widget: the clock stands, pictures decode at once, and after each test all of it is gone. */

import { afterEach, beforeEach, vi } from "vitest";
import widget from "../src/widget";
import type { FakeModel } from "./fakeModel";

const open: (() => void)[] = [];

/** Called once at the top of a test file. */
export function stage(): void {
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
}

export const soon = (ms = 60) => vi.advanceTimersByTimeAsync(ms);

/** A widget on this model: it can be shown often, `end` takes it down. */
export function begun(model: FakeModel) {
  const made = widget();
  const end = made.initialize({ model });
  open.push(end);
  const show = () => {
    const el = document.createElement("div");
    document.body.append(el);
    const close = made.render({ model, el });
    open.unshift(close);
    return { el, close };
  };
  return { model, end, show };
}

/** The first view of a widget on this model. */
export const shown = (model: FakeModel): HTMLElement => begun(model).show().el;

export function find<T extends Element = HTMLElement>(el: Element, selector: string): T {
  const found = el.querySelector<T>(selector);
  if (found === null) throw new Error(`nothing is ${selector}`);
  return found;
}

export function press(el: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...more });
  el.dispatchEvent(event);
  return event;
}
