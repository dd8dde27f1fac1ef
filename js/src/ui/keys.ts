/** Keys that belong to the whole widget; map, grid and fields have handled theirs before. */

import { likeInHand, rowInHand } from "../search/row_menu";
import type { Store } from "../store";
import { toggleHelp } from "./header";
import { chipTags, toggleTag } from "./tag_bar";
import type { View } from "./view";

export type Command =
  | { do: "undo" | "redo" | "all" | "none" | "invert" | "help" | "tag field" | "details" | "leave full window" }
  | { do: "search field" | "similar" | "more" | "less" }
  | { do: "tag"; digit: number }
  | { do: "map"; key: string };

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const OF_THE_MAP = new Set(["f", "r", "z", "m", "l", "b", "p", "h", "n", "[", "]", "Delete", "Backspace"]);

/** Fields that take what is typed. A slider or a box to tick stays focused after the mouse left it, and takes few keys. */
const TYPED = "textarea, input:not([type=range], [type=checkbox], [type=radio])";

/** What a key asks for; null leaves it to the browser. */
export function commandOf(event: Key): Command | null {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return null;
    if (key === "z") return { do: event.shiftKey ? "redo" : "undo" };
    if (key === "y") return { do: "redo" };
    if (key === "a") return { do: "all" };
    return null;
  }
  if (event.altKey) return null;
  if (key === "?") return { do: "help" };
  if (key === "/") return { do: "search field" };
  if (event.shiftKey) return null;
  if (key === "Escape") return { do: "none" };
  if (key === "i") return { do: "invert" };
  if (key === "Enter") return { do: "details" };
  if (key === "s") return { do: "similar" };
  if (key === "u") return { do: "more" };
  if (key === "d") return { do: "less" };
  if (key === "t") return { do: "tag field" };
  if (/^[1-9]$/.test(key)) return { do: "tag", digit: Number(key) };
  if (OF_THE_MAP.has(key)) return { do: "map", key };
  return null;
}

/** Letters that a notebook takes with Ctrl for its cells: all, copy, paste, cut, undo and redo; with shift redo alone. */
const OF_CELLS = { plain: /^[acvxyz]$/, shift: /^z$/ };

/** True for a key that does nothing to a cell: a notebook's own, as for its palette, or to save, go from the widget too. */
export function isOfTheHost(event: Key): boolean {
  if (/^F\d+$/.test(event.key)) return true;
  if (event.altKey || !(event.ctrlKey || event.metaKey)) return false;
  if (event.key.length > 1) return ["Tab", "PageUp", "PageDown"].includes(event.key);
  return !OF_CELLS[event.shiftKey ? "shift" : "plain"].test(event.key.toLowerCase());
}

/** True when the command did something, so that the key goes no further. */
export function obey(command: Command, store: Store, view: View): boolean {
  switch (command.do) {
    case "undo":
      store.undo();
      return true;
    case "redo":
      store.redo();
      return true;
    case "all":
      store.selectShown();
      return true;
    case "none":
      if (store.selection.peek().count > 0 || store.shown.peek() !== null || store.outline.peek() !== null)
        store.clearSelection();
      else if (store.traits.query.peek().id !== 0) void store.search.go(0);
      else if (view.panel.peek() !== null) view.panel.value = null;
      else if (view.full.peek()) view.full.value = false;
      return true;
    case "invert":
      store.invertSelection();
      return true;
    case "help":
      toggleHelp(view);
      return true;
    case "search field":
      view.root.querySelector<HTMLElement>(".pt-search input")?.focus({ preventScroll: true });
      return true;
    case "similar":
      return likeInHand(store);
    case "more":
    case "less": {
      const row = rowInHand(store);
      if (row < 0) return false;
      store.search.judge(row, command.do === "more");
      return true;
    }
    case "tag field":
      view.root.querySelector<HTMLElement>(".pt-tag-field input")?.focus({ preventScroll: true });
      return true;
    case "details": {
      const { row } = store.focused.peek();
      if (row < 0) return false;
      view.overlay.value = { kind: "details", row };
      return true;
    }
    case "tag": {
      const name = chipTags(view.recentTags.peek(), store.traits.tags.peek())[command.digit - 1];
      if (name !== undefined) toggleTag(store, view, name);
      return true;
    }
    case "map":
      view.root.querySelector(".pt-map")?.dispatchEvent(new KeyboardEvent("keydown", { key: command.key }));
      return true;
    default:
      return false;
  }
}

/**
 * Listen on the widget's root. Few keys leave it: a notebook would take "b" for a new cell.
 *
 * JupyterLab reads keys on their way down, before the widget does; it leaves elements alone that carry
 * `data-lm-suppress-shortcuts`. For a key of its own that mark is away until the key has passed.
 */
export function widgetKeys(store: Store, view: View): () => void {
  const { root } = view;
  const suppress = () => {
    root.dataset.lmSuppressShortcuts = "true";
  };
  suppress();
  const ends = new AbortController();
  function letPass(event: KeyboardEvent): void {
    if (!isOfTheHost(event) || !event.composedPath().includes(root)) return;
    delete root.dataset.lmSuppressShortcuts;
    setTimeout(suppress);
  }
  function onKey(event: KeyboardEvent): void {
    if (isOfTheHost(event)) return;
    event.stopPropagation();
    const target = event.target as HTMLElement;
    const isField = target.matches("input, select, textarea");
    const typing = target.matches(TYPED) || (target.matches("select") && !event.ctrlKey && !event.metaKey);
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape" ? isField && view.overlay.peek() !== null : typing) return;
    if ((isField || target.matches("button, summary, a")) && event.key === "Enter") return;
    const command = commandOf(event);
    if (command !== null && obey(command, store, view)) event.preventDefault();
  }
  window.addEventListener("keydown", letPass, { capture: true, signal: ends.signal });
  root.addEventListener("keydown", onKey, { signal: ends.signal });
  return () => ends.abort();
}
