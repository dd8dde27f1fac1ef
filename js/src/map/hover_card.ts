/** The card beside the hovered point: its picture, name, label and tags. */

import { effect } from "@preact/signals";
import { css } from "../palette";
import type { DetailsAnswer } from "../protocol.gen";
import { positionOf, toScreen } from "../scatter/camera";
import type { Store } from "../store";
import type { Coding } from "./coding";
import { nameShown } from "./legend_list";
import type { ViewState } from "./view_state";

const REST_MS = 120;
const GAP_PX = 14;
/** The longer side of the picture, and the most of the pane's height it may take. */
const PICTURE_PX = 176;
const PICTURE_SHARE = 0.4;
const MOST_REMEMBERED = 500;

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
  const label = element("div", "pt-map-card-label", card);
  const tags = element("div", "pt-map-card-tags", card);
  const remembered = new Map<number, DetailsAnswer>();
  let shown = -1;
  let timer = 0;

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

  function showLabel(): void {
    const { title, exact, entries } = coding();
    const entry = entries[(exact[shown] ?? 0) - 1];
    label.hidden = entry === undefined;
    if (entry === undefined) return;
    label.textContent = nameShown(entry.name);
    label.title = title;
    label.style.setProperty("--pt-dot", css(entry.color));
  }

  function showDetails(row: number, details: DetailsAnswer | undefined): void {
    if (row !== shown) return;
    name.textContent = details?.name ?? "\u00a0";
    tags.replaceChildren();
    for (const tag of details?.tags ?? []) element("span", "pt-map-card-tag", tags).textContent = tag;
  }

  function ask(row: number): void {
    const known = remembered.get(row);
    showDetails(row, known);
    if (known !== undefined) return;
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
    store.thumbs.want(viewer, [row]);
    showPicture();
    showLabel();
    ask(row);
    card.hidden = false;
    place();
  }

  function hide(): void {
    clearTimeout(timer);
    if (shown >= 0) store.thumbs.want(viewer, []);
    shown = -1;
    card.hidden = true;
  }

  const stops = [
    effect(() => {
      const row = store.hovered.value;
      const here = view.inside.value;
      if (row === shown && row >= 0) return;
      const open = shown >= 0;
      hide();
      if (row < 0 || !here) return;
      if (open) show(row);
      else timer = window.setTimeout(() => show(row), REST_MS);
    }),
    effect(() => {
      if (store.thumbs.arrived.value >= 0 && shown >= 0) showPicture();
    }),
    effect(() => {
      if (store.traits.tags.value && store.traits.columns.value) remembered.clear();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    hide();
    card.remove();
  };
}
