/** What a right click on an image offers, in the grid and on the map, or on a name there; and the same by keys. */

import { has } from "../bitmask";
import { type Group, groupAt } from "../map/names/group";
import type { RowMask, Store } from "../store";
import { filterOf, isolated, toggled } from "../store/filters";
import type { MenuItem } from "../ui/menu";
import type { View } from "../ui/view";
import { images } from "../ui/words";

/** A right press that moves more than this turns or pans the map. */
const CLICK_PX = 4;

/** The image that keys are about: under the pointer, else clicked last. */
export function rowInHand(store: Store): number {
  const hovered = store.hovered.peek();
  return hovered >= 0 ? hovered : store.focused.peek().row;
}

/** A search by one image alone, or by the centre of the selection where no image is in hand. */
export function likeInHand(store: Store): boolean {
  const row = store.hovered.peek();
  const selection = store.selection.peek();
  if (row < 0 && selection.count > 1) likeSelection(store, true, "anew");
  else if (rowInHand(store) >= 0) void store.search.ask([{ kind: "row", row: rowInHand(store), like: true }], "anew");
  else return false;
  return true;
}

function likeSelection(store: Store, like: boolean, how: "anew" | "add"): void {
  likeRows(store, store.selection.peek(), like, how);
}

function likeRows(store: Store, rows: RowMask, like: boolean, how: "anew" | "add"): void {
  void store.search.ask([{ kind: "rows", rows, like }], how);
}

/** What can be done with all images of a category. */
function itemsForAll(store: Store, { column, name, rows }: Group): MenuItem[] {
  const how = store.traits.query.peek().id !== 0 ? "add" : "anew";
  const filters = store.traits.filters.peek();
  const only = filterOf(filters, column)?.keep;
  const alone = only?.length === 1 && only[0] === name;
  return [
    { text: `Select ${images(rows.count)}`, act: () => store.select(rows, "replace") },
    ...(store.selection.peek().count > 0
      ? [{ text: "Add to the selection", act: () => store.select(rows, "add") }]
      : []),
    { text: "More like these", act: () => likeRows(store, rows, true, how) },
    { text: "Less like these", act: () => likeRows(store, rows, false, how) },
    {
      text: alone ? "Show all again" : "Show only these",
      act: () => store.setFilters(isolated(filters, column, name)),
    },
    ...(alone ? [] : [{ text: "Hide these", act: () => store.setFilters(toggled(filters, column, name)) }]),
  ];
}

function itemsFor(store: Store, view: View, row: number): MenuItem[] {
  const searching = store.traits.query.peek().id !== 0;
  const selection = store.selection.peek();
  const many = selection.count > 1 && has(selection, row);
  const how = searching ? "add" : "anew";
  const one = (like: boolean) => () => store.search.judge(row, like);
  const selected = has(selection, row);
  return [
    { text: "More like this", key: searching ? "U" : "S", act: one(true) },
    { text: "Less like this", key: "D", act: one(false) },
    ...(searching
      ? [
          {
            text: "Only like this",
            key: "S",
            act: () => void store.search.ask([{ kind: "row", row, like: true }], "anew"),
          },
        ]
      : []),
    ...(many
      ? [
          { text: "More like the selection", act: () => likeSelection(store, true, how) },
          { text: "Less like the selection", act: () => likeSelection(store, false, how) },
        ]
      : []),
    {
      text: "Details",
      key: "Enter",
      act: () => {
        view.overlay.value = { kind: "details", row };
      },
    },
    {
      text: selected ? "Take out of the selection" : selection.count > 0 ? "Add to the selection" : "Select",
      act: () => store.select([row], selected ? "subtract" : "add", "grid"),
    },
  ];
}

export function rowMenu(store: Store, view: View): () => void {
  const { root } = view;
  const stop = new AbortController();
  let pressed: { x: number; y: number } | null = null;
  root.addEventListener(
    "pointerdown",
    (event) => {
      pressed = event.button === 2 ? { x: event.clientX, y: event.clientY } : null;
    },
    { capture: true, signal: stop.signal },
  );
  root.addEventListener(
    "contextmenu",
    (event) => {
      const target = event.target as HTMLElement;
      if (target.closest(".pt-grid, .pt-map-stage, .pt-map") === null || target.closest("input, .pt-legend") !== null)
        return;
      const byMouse = event.button === 2 || pressed !== null;
      const group = byMouse ? groupAt(target) : null;
      const row = byMouse ? store.hovered.peek() : rowInHand(store);
      if (row < 0 && group === null) return;
      event.preventDefault();
      event.stopPropagation(); // JupyterLab would open its own over it
      if (pressed !== null && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > CLICK_PX) return;
      if (group === null) store.focus(row, target.closest(".pt-grid") === null ? "map" : "grid");
      const items = group === null ? itemsFor(store, view, row) : itemsForAll(store, group);
      view.menu.value = { x: event.clientX, y: event.clientY, items };
    },
    { signal: stop.signal },
  );
  return () => stop.abort();
}
