/** The names on the map, read off the page and written again at any size. */

import { css } from "../../palette";
import type { Colors } from "../theme";

/** Lengths are CSS pixels of the map; `x` and `y` are where the text begins and its middle line. */
export interface Written {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly dot: { readonly x: number; readonly y: number; readonly color: string };
  readonly font: string;
  /** Others are selected, and it steps back. */
  readonly apart: boolean;
}

/** As in names.css. */
const SIZE_PX = 12;
const HALO_PX = 4;
const APART = 0.5;
const DOT = { radius: 3.5, halo: 5.5 };

/** @param root the map's element */
export function namesOn(root: HTMLElement): Written[] {
  const frame = root.getBoundingClientRect();
  return [...root.querySelectorAll<HTMLElement>(".pt-map-name:not(.pt-going)")].map((name) => {
    const [dot, text] = [...name.children] as [HTMLElement, HTMLElement];
    const box = text.getBoundingClientRect();
    const spot = dot.getBoundingClientRect();
    return {
      text: text.textContent ?? "",
      x: box.left - frame.left,
      y: box.top + box.height / 2 - frame.top,
      width: box.width,
      dot: {
        x: spot.left + spot.width / 2 - frame.left,
        y: spot.top + spot.height / 2 - frame.top,
        color: name.style.getPropertyValue("--pt-dot"),
      },
      font: getComputedStyle(name).fontFamily,
      apart: name.classList.contains("pt-apart"),
    };
  });
}

/** Write them on a canvas of `dpr` pixels per CSS pixel. */
export function write(
  context: CanvasRenderingContext2D,
  names: readonly Written[],
  { text: ink, background }: Colors,
  dpr: number,
): void {
  function disc(x: number, y: number, radius: number, color: string): void {
    context.fillStyle = color;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
  context.save();
  context.scale(dpr, dpr);
  context.lineJoin = "round";
  context.lineWidth = HALO_PX;
  context.strokeStyle = css(background);
  for (const { text, x, y, width, dot, font, apart } of names) {
    context.globalAlpha = apart ? APART : 1;
    context.font = `600 ${SIZE_PX}px ${font}`;
    const shown = shortened(context, text, width);
    disc(dot.x, dot.y, DOT.halo, css(background));
    disc(dot.x, dot.y, DOT.radius, dot.color);
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = context.measureText(shown);
    const line = y + (Math.round(up) - Math.round(down)) / 2;
    context.strokeText(shown, x, line);
    context.fillStyle = css(ink);
    context.fillText(shown, x, line);
  }
  context.restore();
}

/** As the page shortens what does not fit. */
function shortened(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width + 1) return text;
  const letters = [...text];
  while (letters.length > 0 && context.measureText(`${letters.join("")}…`).width > width + 1) letters.pop();
  return `${letters.join("")}…`;
}
