/** The card beside the hovered point: its picture, name, tags and the columns chosen. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { has } from "../bitmask";
import { css, type Rgb } from "../palette";
import type { ColumnInfo, DetailsAnswer } from "../protocol.gen";
import { positionOf, toScreen } from "../scatter/camera";
import type { Column, NumberColumn, RowMask, Store } from "../store";
import type { Coding } from "./coding";
import { nameShown } from "./legend_list";
import { numberWords } from "./scale";
import type { ViewState } from "./view_state";

const GAP_PX = 14;
/** The longer side of the picture, and the most of the pane's height it may take. */
const PICTURE_PX = 176;
const PICTURE_SHARE = 0.4;
const MOST_REMEMBERED = 500;
/** Of more tags their masks are not fetched just for the card: each takes a bit per image. */
const MOST_TAGS = 40;

const spanOf = ({ low, high }: NumberColumn) => (low === null || high === null ? 0 : high - low);

function element(name: string, className: string, parent: HTMLElement): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  parent.append(made);
  return made;
}

/** @param coding how the points are coloured now */
export function hoverCard(store: Store, view: ViewState, el: HTMLElement, coding: () => Coding): () => void {
  const viewer = Symbol("hover card");
  const card = element("div", "pt-map-card", el);
  card.hidden = true;
  const frame = element("div", "pt-map-card-picture", card);
  const canvas = element("canvas", "", frame) as HTMLCanvasElement;
  const reason = element("div", "pt-map-card-reason", frame);
  const name = element("div", "pt-map-card-name", card);
  const lines = element("div", "pt-map-card-lines", card);
  const tags = element("div", "pt-map-card-tags", card);
  const remembered = new Map<number, DetailsAnswer>();
  let shown = -1;

  function showPicture(): void {
    const picture = store.thumbs.get(shown);
    const most_px = Math.min(PICTURE_PX, PICTURE_SHARE * view.size.peek().height);
    frame.style.setProperty("--pt-picture", `${Math.round(most_px)}px`);
    frame.classList.toggle("pt-waiting", picture === null);
    canvas.hidden = picture === null || typeof picture === "string";
    reason.textContent = typeof picture === "string" ? picture : "";
    if (picture === null || typeof picture === "string") return;
    const scale = Math.min(1.5, most_px / Math.max(picture.width, picture.height));
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.style.width = `${Math.round(picture.width * scale)}px`;
    canvas.style.height = `${Math.round(picture.height * scale)}px`;
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
  }

  /** Which columns are told: those chosen, else the one that colours. */
  function told(): readonly string[] {
    const { card_columns, color_by } = store.traits;
    return card_columns.value ?? (color_by.value === null ? [] : [color_by.value]);
  }

  function infoOf(column: string): ColumnInfo | undefined {
    return store.traits.columns.value.find(({ name }) => name === column);
  }

  /** A value from the browser's own data; of text columns from the details, once they are there. */
  function wordsOf(name: string, details: DetailsAnswer | undefined): string {
    const info = infoOf(name);
    const column = info?.kind === "text" ? null : store.column(name).peek();
    if (column?.kind === "category") {
      const code = column.codes[shown] ?? 0;
      return nameShown(code === 0 ? null : (column.categories[code - 1] ?? ""));
    }
    if (column?.kind === "number") {
      const value = column.values[shown] as number;
      return Number.isNaN(value) ? nameShown(null) : numberWords(value, info?.form ?? null, spanOf(column));
    }
    return details?.fields.find((field) => field.name === name)?.value || "\u00a0";
  }

  function showLines(details: DetailsAnswer | undefined): void {
    const { title, exact, entries, codes, lut } = coding();
    lines.replaceChildren();
    for (const name of told()) {
      if (infoOf(name)?.kind === "tags") continue;
      const line = element("div", "pt-map-card-label", lines);
      line.title = name;
      const code = codes[shown] ?? 0;
      const entry = name === title ? entries[(exact[shown] ?? 0) - 1] : undefined;
      const color = entry?.color ?? [lut[4 * code] ?? 0, lut[4 * code + 1] ?? 0, lut[4 * code + 2] ?? 0];
      if (name === title) line.style.setProperty("--pt-dot", css(color as Rgb));
      else line.classList.add("pt-map-card-plain");
      if (entry === undefined) element("span", "pt-map-card-column", line).textContent = name;
      element("span", "pt-map-card-value", line).textContent = wordsOf(name, details);
    }
  }

  /** From the masks of the tags where they are here. */
  function tagsOf(details: DetailsAnswer | undefined): readonly string[] {
    const column = tagsHere()?.peek() ?? null;
    if (column?.kind !== "tags") return details?.tags ?? [];
    return column.tags.filter((_, tag) => has(column.masks[tag] as RowMask, shown));
  }

  function tagsHere(): ReadonlySignal<Column | null> | null {
    const info = store.traits.columns.value.find(({ kind }) => kind === "tags");
    const count = store.traits.tags.value.length;
    return info === undefined || count === 0 || count > MOST_TAGS ? null : store.column(info.name);
  }

  function showDetails(row: number, details: DetailsAnswer | undefined): void {
    if (row !== shown) return;
    name.textContent = details?.name ?? "\u00a0";
    name.title = details?.name ?? "";
    showLines(details);
    tags.replaceChildren();
    for (const tag of tagsOf(details)) element("span", "pt-map-card-tag", tags).textContent = tag;
  }

  /** Of a row that the pointer rests on: one that it only passes is told as far as is known here. */
  function ask(row: number): void {
    store.thumbs.want(viewer, [row]);
    if (remembered.has(row)) return;
    store.details(row).then(
      (details) => {
        if (remembered.size >= MOST_REMEMBERED) remembered.clear();
        remembered.set(row, details);
        showDetails(row, details);
        place();
      },
      () => undefined,
    );
  }

  function place(): void {
    const layout = store.layout.peek();
    if (shown < 0 || layout === null) return;
    const { width, height } = view.size.peek();
    const [sx, sy] = toScreen(view.camera.peek(), { width, height }, ...positionOf(layout.xy, layout.dims, shown));
    const left = sx + GAP_PX + card.offsetWidth <= width ? sx + GAP_PX : sx - GAP_PX - card.offsetWidth;
    const top = sy + GAP_PX + card.offsetHeight <= height ? sy + GAP_PX : sy - GAP_PX - card.offsetHeight;
    const clampedLeft = Math.max(4, Math.min(left, width - card.offsetWidth - 4));
    card.style.transform = `translate(${Math.round(clampedLeft)}px, ${Math.round(Math.max(4, top))}px)`;
  }

  function show(row: number): void {
    shown = row;
    showPicture();
    showDetails(row, remembered.get(row));
    card.hidden = false;
    place();
  }

  function hide(): void {
    if (shown >= 0) store.thumbs.want(viewer, []);
    shown = -1;
    card.hidden = true;
  }

  const stops = [
    effect(() => {
      const row = store.hovered.value;
      const here = view.inside.value;
      const resting = view.resting.value;
      if (row < 0 || !here) return hide();
      // An open card follows the pointer from point to point; none flickers up under one that only passes.
      if (row !== shown && (resting || shown >= 0)) show(row);
      if (resting) ask(row);
    }),
    effect(() => {
      if (store.thumbs.arrived.value >= 0 && shown >= 0) showPicture();
    }),
    effect(() => {
      if (store.traits.tags.value && store.traits.columns.value) remembered.clear();
    }),
    // What the card will tell is here before it opens.
    effect(() => {
      tagsHere()?.value;
      for (const column of told()) if (infoOf(column)?.kind !== "text") store.column(column).value;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    hide();
    card.remove();
  };
}
