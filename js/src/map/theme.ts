/** The host's colours as the map sees them, followed when they change. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { contrast, type Rgb, type Theme } from "../palette";

export interface Colors {
  readonly theme: Theme;
  readonly background: Rgb;
  readonly text: Rgb;
  readonly accent: Rgb;
}

/** Any CSS colour as sRGB bytes, by painting it; null where there is no canvas or the colour is see-through. */
function painted(color: string): Rgb | null {
  const canvas = document.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data as unknown as number[];
  return (alpha as number) < 255 ? null : ([red, green, blue] as unknown as Rgb);
}

function read(el: HTMLElement): Colors {
  const style = getComputedStyle(el);
  const background = painted(style.backgroundColor) ?? [255, 255, 255];
  const theme = contrast(background, [255, 255, 255]) > contrast(background, [0, 0, 0]) ? "dark" : "light";
  const text = painted(style.color) ?? (theme === "dark" ? [255, 255, 255] : [0, 0, 0]);
  return { theme, background, text, accent: painted(style.getPropertyValue("--pt-accent")) ?? text };
}

/**
 * The colours of `el`, whose style sheet gives it a background and a transition of that background.
 *
 * The end of that transition tells of every change of theme, however the host makes it. JupyterLab takes the page off
 * the screen while it changes its theme, and the transition is cancelled.
 */
export function followTheme(el: HTMLElement): { colors: ReadonlySignal<Colors>; refresh(): void; dispose(): void } {
  const colors = signal(read(el));
  function refresh(): void {
    const now = read(el);
    if (now.background.join() !== colors.peek().background.join()) colors.value = now;
  }
  function onEnd(event: TransitionEvent): void {
    if (event.target === el && event.propertyName === "background-color") refresh();
  }
  const ends = new AbortController();
  el.addEventListener("transitionend", onEnd, { signal: ends.signal });
  el.addEventListener("transitioncancel", onEnd, { signal: ends.signal });
  return { colors, refresh, dispose: () => ends.abort() };
}
