/** Draws the images on screen: pictures, the marks of selected, focused and hovered ones. */

import { has } from "../bitmask";
import type { Order, RowMask, Thumbs } from "../store";
import { type Geometry, type Rect, tileAt, visible } from "./geometry";

export interface Colors {
  readonly background: string;
  readonly placeholder: string;
  readonly text: string;
  readonly soft: string;
  readonly accent: string;
}

export interface Scene {
  readonly g: Geometry;
  readonly width: number;
  readonly height: number;
  readonly dpr: number;
  readonly offset_px: number;
  readonly order: Order;
  readonly selected: RowMask;
  /** Whether the selected ones are marked; not when all that is shown is selected. */
  readonly mark: boolean;
  /** Examples of the search: row -> whether it is liked. */
  readonly judged: ReadonlyMap<number, boolean>;
  readonly focused: number;
  readonly hovered: number;
  readonly hasFocus: boolean;
  readonly band: Rect | null;
  readonly fade_ms: number;
  readonly colors: Colors;
}

export interface Painter {
  /** True while pictures still fade in. */
  paint(scene: Scene, now_ms: number): boolean;
}

const RADIUS_PX = 3;
/** Under this side the reason of an unreadable image does not fit and only the sign is drawn. */
const WORDS_FROM_PX = 96;

export function painter(context: CanvasRenderingContext2D, thumbs: Thumbs): Painter {
  /** When the picture of a row on screen was first there to draw. */
  let since = new Map<number, number>();
  let first = true;

  return {
    paint(scene, now_ms) {
      const { g, width, height, dpr, offset_px, order, colors } = scene;
      context.setTransform(dpr, 0, 0, dpr, 0, 0);
      context.fillStyle = colors.background;
      context.fillRect(0, 0, width, height);
      context.imageSmoothingQuality = "high";
      const seen = new Map<number, number>();
      let fading = false;
      const [from, to] = visible(g, offset_px, height);
      for (let place = from; place < to; place++) {
        const row = order.at(place);
        const { x, y } = tileAt(g, place);
        const tile = { x, y: Math.round((y - offset_px) * dpr) / dpr, width: g.tile_px, height: g.tile_px };
        const picture = thumbs.get(row);
        if (picture === null) {
          fill(tile, colors.placeholder);
        } else if (typeof picture === "string") {
          fill(tile, colors.placeholder);
          reason(tile, picture, colors);
        } else {
          // What is there when the screen is first drawn need not fade in.
          const start = since.get(row) ?? (first ? now_ms - scene.fade_ms : now_ms);
          seen.set(row, start);
          const share = scene.fade_ms === 0 ? 1 : Math.min(1, (now_ms - start) / scene.fade_ms);
          if (share < 1) {
            fading = true;
            fill(tile, colors.placeholder);
          }
          context.globalAlpha = share;
          draw(tile, picture);
          context.globalAlpha = 1;
        }
        marks(scene, tile, row);
      }
      first = false;
      since = seen;
      if (scene.band !== null) band(scene.band, offset_px, colors);
      return fading;
    },
  };

  function fill({ x, y, width, height }: Rect, style: string): void {
    context.fillStyle = style;
    context.beginPath();
    context.roundRect(x, y, width, height, RADIUS_PX);
    context.fill();
  }

  /** The whole image, as large as its square allows, on device pixels. */
  function draw(tile: Rect, picture: ImageBitmap): void {
    const scale = tile.width / Math.max(picture.width, picture.height);
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    const x = tile.x + Math.floor((tile.width - width) / 2);
    const y = tile.y + Math.floor((tile.height - height) / 2);
    context.drawImage(picture, x, y, width, height);
  }

  function reason(tile: Rect, text: string, colors: Colors): void {
    const { x, y, width } = tile;
    context.save();
    context.beginPath();
    context.rect(x, y, width, width);
    context.clip();
    const sign = Math.min(24, width / 3);
    const wordy = width >= WORDS_FROM_PX;
    const middle = y + (wordy ? width * 0.34 : width / 2);
    context.strokeStyle = colors.soft;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(x + width / 2 - sign / 2, middle - sign / 2, sign, sign, 2);
    context.moveTo(x + width / 2 - sign / 2, middle + sign / 2);
    context.lineTo(x + width / 2 + sign / 2, middle - sign / 2);
    context.stroke();
    if (wordy) {
      context.fillStyle = colors.soft;
      context.font = "11px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "top";
      wrapped(text, width - 16, 3).forEach((line, i) => {
        context.fillText(line, x + width / 2, middle + sign / 2 + 8 + i * 14);
      });
    }
    context.restore();
  }

  function wrapped(text: string, width: number, most: number): string[] {
    const lines: string[] = [];
    let line = "";
    for (const word of text.split(/\s+/)) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && context.measureText(longer).width > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    lines.push(line);
    if (lines.length > most) lines[most - 1] += " …";
    return lines.slice(0, most);
  }

  function outline({ x, y, width, height }: Rect, style: string, thick: number, out: number): void {
    context.strokeStyle = style;
    context.lineWidth = thick;
    context.beginPath();
    context.roundRect(x - out, y - out, width + 2 * out, height + 2 * out, RADIUS_PX + out);
    context.stroke();
  }

  function marks({ selected, mark, judged, focused, hovered, hasFocus, colors }: Scene, tile: Rect, row: number): void {
    const liked = judged.get(row);
    if (liked !== undefined) sign(tile, liked, colors);
    const picked = mark && has(selected, row);
    if (picked) {
      outline(tile, colors.background, 2, -2.5);
      outline(tile, colors.accent, 3, -0.5);
      tick(tile, colors);
    }
    if (row === hovered && !picked) outline(tile, colors.soft, 1.5, 0.75);
    if (row === focused) {
      outline(tile, colors.text, hasFocus ? 2 : 1.5, 1);
    }
  }

  /** A disc to draw a sign on, with a pen of `ink`. */
  function badge(cx: number, cy: number, side: number, fill: Colors["accent"], ink: Colors["background"]): void {
    context.fillStyle = fill;
    context.beginPath();
    context.arc(cx, cy, side / 2, 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = ink;
  }

  /** A plus or a minus in the lower corner: an example of the search. */
  function sign({ x, y, width, height }: Rect, liked: boolean, colors: Colors): void {
    const side = Math.max(12, Math.min(18, width / 4));
    const [cx, cy] = [x + side / 2 + 4, y + height - side / 2 - 4];
    badge(cx, cy, side, liked ? colors.accent : colors.text, colors.background);
    context.lineWidth = side / 8;
    context.beginPath();
    context.moveTo(cx - side * 0.25, cy);
    context.lineTo(cx + side * 0.25, cy);
    if (liked) {
      context.moveTo(cx, cy - side * 0.25);
      context.lineTo(cx, cy + side * 0.25);
    }
    context.stroke();
  }

  function tick({ x, y, width }: Rect, colors: Colors): void {
    const side = Math.max(10, Math.min(16, width / 4));
    const [cx, cy] = [x + width - side / 2 - 5, y + side / 2 + 5];
    badge(cx, cy, side, colors.accent, colors.background);
    context.lineWidth = side / 9;
    context.beginPath();
    context.moveTo(cx - side * 0.22, cy + side * 0.02);
    context.lineTo(cx - side * 0.05, cy + side * 0.19);
    context.lineTo(cx + side * 0.24, cy - side * 0.17);
    context.stroke();
  }

  function band(rect: Rect, offset_px: number, colors: Colors): void {
    context.fillStyle = colors.accent;
    context.globalAlpha = 0.12;
    context.fillRect(rect.x, rect.y - offset_px, rect.width, rect.height);
    context.globalAlpha = 1;
    context.strokeStyle = colors.accent;
    context.lineWidth = 1;
    context.strokeRect(rect.x + 0.5, rect.y - offset_px + 0.5, rect.width, rect.height);
  }
}
