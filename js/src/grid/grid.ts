/** The image grid: one canvas for any number of images, of which those on screen are asked for and drawn. */

import { batch, computed, effect, signal } from "@preact/signals";
import { has } from "../bitmask";
import { followTheme } from "../map/theme";
import type { Store } from "../store";
import { geometry, largestOffset, moved, offsetToShow, type Rect, visible } from "./geometry";
import { hands } from "./hands";
import { judge, judgedRows } from "./judge";
import { type Colors, painter } from "./paint";
import { between } from "./pick";
import { createScroll } from "./scroll";

const FADE_MS = 120;
/** Pictures are asked for this far beyond the screen, as a share of its height. */
const AHEAD = 0.5;
const TITLE_MS = 400;

export function gridView(store: Store, el: HTMLElement, open: (row: number) => void): () => void {
  const root = document.createElement("div");
  root.className = "pt-grid";
  root.tabIndex = 0;
  root.setAttribute("role", "grid");
  root.setAttribute("aria-label", "Images");
  root.setAttribute("aria-multiselectable", "true");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const cell = activeCell();
  // Until it is painted it would be black.
  canvas.hidden = true;
  root.append(canvas, cell.row);
  el.append(root);

  const viewer = Symbol("grid");
  const size = signal({ width: 0, height: 0 });
  const band = signal<Rect | null>(null);
  const hasFocus = signal(false);
  const fading = signal(0);
  const theme = followTheme(root);
  const scroll = createScroll(root);
  const context = canvas.getContext("2d", { alpha: false });
  const draw = context === null ? null : painter(context, store.thumbs);

  const g = computed(() => geometry(size.value.width, store.order.value.length, store.traits.thumb_px.value));
  const placeOf = (row: number) => store.order.peek().placeOf(row);

  const hand = hands(store, canvas, {
    geometry: () => g.peek(),
    offset_px: () => scroll.offset_px.peek(),
    height_px: () => size.peek().height,
    scrollBy: (delta) => scroll.to(scroll.offset_px.peek() + delta),
    showBand(next) {
      band.value = next;
    },
    open,
  });

  /** The row under the pointer where its image is on screen: a point of the map whose image is not changes nothing here. */
  const pointed = computed(() => {
    const place = store.order.value.placeOf(store.hovered.value);
    const [first, after] = visible(g.value, scroll.offset_px.value, size.value.height);
    return place >= first && place < after ? store.hovered.value : -1;
  });

  const judged = judgedRows(store);
  const thumbs = judge(store, g, scroll.offset_px, placeOf, judged, () => root.matches(":hover"));
  root.append(thumbs.el);

  function reveal(row: number): void {
    const place = placeOf(row);
    if (place >= 0) scroll.to(offsetToShow(g.peek(), place, scroll.offset_px.peek(), size.peek().height));
  }

  // Sizes, and the image at the top stays there when they change.
  let before = g.peek();
  let beforeOrder = store.order.peek();
  let allOffset = 0;
  let wasAll = true;
  const disposals = [
    effect(() => {
      const next = g.value;
      const order = store.order.value;
      const all = store.shown.peek() === null;
      const offset = scroll.offset_px.peek();
      const { height } = size.value;
      if (wasAll && !all) allOffset = offset;
      scroll.resize(height, next.total_px);
      if (order !== beforeOrder) {
        // Back from a selection to all images: where one was before, or at the image looked at last.
        scroll.to(all && !wasAll ? Math.min(allOffset, largestOffset(next, height)) : 0);
        hand.anchor = -1;
        if (all && !wasAll) reveal(store.focused.peek().row);
      } else if (next.pitch_px !== before.pitch_px || next.columns !== before.columns) {
        const top = Math.floor(offset / before.pitch_px) * before.columns;
        const kept = store.focused.peek().row;
        const place = placeOf(kept);
        const [first, after] = visible(before, offset, height);
        scroll.to(Math.floor(top / next.columns) * next.pitch_px);
        if (place >= first && place < after) reveal(kept);
      }
      before = next;
      beforeOrder = order;
      wasAll = all;
    }),
    effect(() => {
      const { row, from } = store.focused.value;
      if (from !== "grid") reveal(row);
    }),
    // What is on screen, and then what would come next: once the map is painted, which the kernel is busy with as well.
    effect(() => {
      if (store.isMapFirst.value) return;
      const { height } = size.value;
      const order = store.order.value;
      const offset = scroll.offset_px.value;
      const [first, after] = visible(g.value, offset, height);
      const [, beyond] = visible(g.value, offset, height * (1 + AHEAD));
      const ahead = order.slice(first, Math.max(after, beyond));
      store.thumbs.want(viewer, height === 0 ? [] : ahead);
    }),
    effect(() => {
      root.setAttribute("aria-rowcount", String(g.value.rows));
      root.setAttribute("aria-colcount", String(g.value.columns));
    }),
    effect(() => {
      const { row } = store.focused.value;
      const place = store.order.value.placeOf(row);
      cell.show(place, place < 0 ? 1 : g.value.columns, has(store.selection.value, row));
      if (place < 0) root.removeAttribute("aria-activedescendant");
      else root.setAttribute("aria-activedescendant", cell.id);
    }),
  ];

  let frame = 0;
  function requestPaint(): void {
    if (frame === 0) frame = requestAnimationFrame(paint);
  }
  function paint(now_ms: number): void {
    frame = 0;
    const { width, height } = size.peek();
    const dpr = devicePixelRatio;
    if (draw === null || width === 0 || height === 0 || store.isMapFirst.peek()) return;
    canvas.hidden = false;
    const [w, h] = [Math.round(width * dpr), Math.round(height * dpr)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    const selected = store.preview.peek() ?? store.selection.peek();
    const shown = store.shown.peek();
    const more = draw.paint(
      {
        g: g.peek(),
        width,
        height,
        dpr,
        offset_px: scroll.offset_px.peek(),
        order: store.order.peek(),
        selected,
        mark: shown === null || selected.count < shown.count,
        judged: judged.peek(),
        focused: store.focused.peek().row,
        hovered: pointed.peek(),
        hasFocus: hasFocus.peek(),
        band: band.peek(),
        fade_ms: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : FADE_MS,
        colors: colorsOf(root),
      },
      now_ms,
    );
    if (more) requestPaint();
  }
  disposals.push(
    effect(() => {
      for (const seen of [size, g, store.order, scroll.offset_px, store.selection, store.preview, store.shown])
        seen.value;
      for (const seen of [judged, pointed, hasFocus, band, store.thumbs.arrived, theme.colors, fading]) seen.value;
      for (const seen of [store.focused, store.isMapFirst]) seen.value;
      requestPaint();
    }),
  );

  // The name of the image under the resting pointer.
  let titleTimer: ReturnType<typeof setTimeout> | null = null;
  disposals.push(
    effect(() => {
      const row = store.hovered.value;
      if (titleTimer !== null) clearTimeout(titleTimer);
      canvas.title = "";
      if (row < 0 || !root.matches(":hover")) return;
      titleTimer = setTimeout(() => {
        store.details(row).then(
          ({ name, failure }) => {
            if (store.hovered.peek() === row) canvas.title = failure === null ? name : `${name}: ${failure}`;
          },
          () => {},
        );
      }, TITLE_MS);
    }),
  );

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const order = store.order.peek();
    const place = placeOf(store.focused.peek().row);
    if (event.key === "Escape" && hand.cancel()) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === " " && place >= 0) {
      const row = order.at(place);
      store.select([row], has(store.selection.peek(), row) ? "subtract" : "add", "grid");
      hand.anchor = place;
    } else {
      const next = moved(g.peek(), event.key, place, size.peek().height);
      if (next === null) return;
      batch(() => {
        if (event.shiftKey && place >= 0) store.select(between(order, place, next), "add", "grid");
        else hand.anchor = next;
        store.focus(order.at(next), "grid");
      });
      reveal(order.at(next));
    }
    event.preventDefault();
    event.stopPropagation();
  }
  const onFocus = (event: FocusEvent) => {
    hasFocus.value = event.type === "focus";
  };
  root.addEventListener("keydown", onKey);
  root.addEventListener("focus", onFocus);
  root.addEventListener("blur", onFocus);

  const measure = () => {
    size.value = { width: root.clientWidth, height: root.clientHeight };
  };
  const sized = new ResizeObserver(measure);
  sized.observe(root);
  measure();

  return () => {
    sized.disconnect();
    cancelAnimationFrame(frame);
    if (titleTimer !== null) clearTimeout(titleTimer);
    for (const dispose of disposals) dispose();
    hand.dispose();
    thumbs.dispose();
    scroll.dispose();
    theme.dispose();
    store.thumbs.want(viewer, []);
    root.removeEventListener("keydown", onKey);
    root.removeEventListener("focus", onFocus);
    root.removeEventListener("blur", onFocus);
    root.remove();
  };
}

/** The one cell screen readers hear of: where the focus is. */
function activeCell() {
  const row = document.createElement("div");
  const cell = document.createElement("div");
  const id = `pt-cell-${Math.random().toString(36).slice(2)}`;
  row.setAttribute("role", "row");
  row.className = "pt-grid-cell";
  cell.setAttribute("role", "gridcell");
  cell.id = id;
  row.append(cell);
  return {
    row,
    id,
    show(place: number, columns: number, selected: boolean) {
      row.hidden = place < 0;
      row.setAttribute("aria-rowindex", String(Math.floor(place / columns) + 1));
      cell.setAttribute("aria-colindex", String((place % columns) + 1));
      cell.setAttribute("aria-selected", String(selected));
      cell.setAttribute("aria-label", `image ${place + 1}${selected ? ", selected" : ""}`);
    },
  };
}

function colorsOf(el: HTMLElement): Colors {
  const style = getComputedStyle(el);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    background: style.backgroundColor,
    placeholder: of("--pt-placeholder"),
    text: of("--pt-fg"),
    soft: of("--pt-fg-soft"),
    accent: of("--pt-accent"),
  };
}
