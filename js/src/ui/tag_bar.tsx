/** Tags of the selection: a field to type one, and the ones used last a key away. */

import { computed } from "@preact/signals";
import redo from "lucide-static/icons/redo-2.svg";
import tagIcon from "lucide-static/icons/tag.svg";
import undo from "lucide-static/icons/undo-2.svg";
import { useMemo } from "preact/hooks";
import { overlap } from "../bitmask";
import type { Store } from "../store";
import { Icon, IconButton } from "./icon";
import { TagField } from "./tag_field";
import type { View } from "./view";
import { count, images } from "./words";

/** As many as there are digits to press. */
const CHIPS = 9;

/** The tags on chips, in a lasting order: those used here last come first, then the most frequent. */
export function chipTags(recent: readonly string[], known: readonly { name: string; count: number }[]): string[] {
  const frequent = [...known].sort((a, b) => b.count - a.count).map(({ name }) => name);
  const names = new Set(known.map(({ name }) => name));
  return [...new Set([...recent.filter((name) => names.has(name)), ...frequent])].slice(0, CHIPS);
}

/** Why no tag can be put on now, in words; "" while one can. */
export function untaggable(store: Store): string {
  const { state } = store.connection.value;
  if (state === "gone") return "kernel is gone: run the cell again";
  return state === "version" ? "restart the kernel and reload the page" : "";
}

/** Tag the selection, or take the tag away when all of it has it already. */
export function toggleTag(store: Store, view: View, name: string): void {
  if (store.selection.peek().count === 0 || untaggable(store) !== "") return;
  void applyTag(store, view, name, carriers(store, name) === store.selection.peek().count ? "remove" : "add");
}

export async function applyTag(store: Store, view: View, name: string, action: "add" | "remove"): Promise<boolean> {
  if (action === "add" && !view.recentTags.peek().includes(name)) {
    view.recentTags.value = [name, ...view.recentTags.peek()].slice(0, CHIPS);
  }
  return store.tag(name, action);
}

/** How many selected rows carry the tag; 0 while the tags are on their way. */
function carriers(store: Store, name: string): number {
  const info = store.traits.columns.value.find(({ kind }) => kind === "tags");
  const column = info === undefined ? null : store.column(info.name).value;
  if (column?.kind !== "tags") return 0;
  const mask = column.masks[column.tags.indexOf(name)];
  return mask === undefined ? 0 : overlap(mask, store.selection.value);
}

export function TagBar({ store, view }: { store: Store; view: View }) {
  const chips = useMemo(() => computed(() => chipTags(view.recentTags.value, store.traits.tags.value)), [store, view]);
  const selected = store.selection.value.count;
  const { undo: back, redo: forward } = store.next.value;
  return (
    <div class="pt-tag-bar">
      <Icon svg={tagIcon} />
      <TagField store={store} view={view} />
      <div class="pt-chips" role="toolbar" aria-label="Tags used last">
        {chips.value.map((name, i) => (
          <Chip key={name} store={store} view={view} name={name} digit={i + 1} selected={selected} />
        ))}
      </div>
      <IconButton
        svg={undo}
        name="Undo"
        hint={back === null ? "Nothing to undo" : `Undo ${back} (Ctrl-Z)`}
        disabled={back === null}
        onClick={store.undo}
      />
      <IconButton
        svg={redo}
        name="Redo"
        hint={forward === null ? "Nothing to redo" : `Redo ${forward} (Ctrl-Shift-Z)`}
        disabled={forward === null}
        onClick={store.redo}
      />
    </div>
  );
}

interface ChipProps {
  store: Store;
  view: View;
  name: string;
  digit: number;
  selected: number;
}

function Chip({ store, view, name, digit, selected }: ChipProps) {
  const carrying = carriers(store, name);
  const all = selected > 0 && carrying === selected;
  const total = store.traits.tags.value.find((tag) => tag.name === name)?.count ?? 0;
  const why = untaggable(store);
  const does = all ? `Remove "${name}" from` : `Tag "${name}":`;
  return (
    <button
      type="button"
      class="pt-chip"
      aria-pressed={all ? "true" : carrying > 0 ? "mixed" : "false"}
      aria-label={selected === 0 ? `${name}, ${images(total)}` : `${does} ${images(selected)}`}
      title={
        why !== ""
          ? why
          : selected === 0
            ? `${images(total)} tagged "${name}". Select images to tag them.`
            : `${does} ${images(selected)} (${digit})${carrying > 0 && !all ? `; ${count(carrying)} have it` : ""}`
      }
      disabled={selected === 0 || why !== ""}
      onClick={() => toggleTag(store, view, name)}
    >
      <kbd>{digit}</kbd>
      <span class="pt-chip-name">{name}</span>
    </button>
  );
}
