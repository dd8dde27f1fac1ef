/** A field for one tag that completes the known ones. Enter tags the selection. */

import { useId, useState } from "preact/hooks";
import type { Store } from "../store";
import { applyTag, untaggable } from "./tag_bar";
import type { View } from "./view";
import { count, images } from "./words";

const MOST_SHOWN = 7;

/** Known tags that go with what is typed: those that begin with it first, each group by how often it is used. */
export function completions(typed: string, known: readonly { name: string; count: number }[]): string[] {
  const wanted = typed.trim().toLowerCase();
  const rank = (name: string) => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return known
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) => rank(a.name) - rank(b.name) || b.count - a.count)
    .slice(0, MOST_SHOWN)
    .map(({ name }) => name);
}

export function TagField({ store, view }: { store: Store; view: View }) {
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [marked, setMarked] = useState(-1);
  const listId = useId();
  const selected = store.selection.value.count;
  const why = untaggable(store);
  const found = open && why === "" && selected > 0 ? completions(typed, store.traits.tags.value) : [];

  function write(text: string): void {
    setTyped(text);
    setMarked(-1);
  }

  function apply(name: string): void {
    const tag = name.trim();
    if (tag === "" || selected === 0 || why !== "") return;
    write(tag);
    setOpen(false);
    toGrid();
    void applyTag(store, view, tag, "add").then((done) => {
      if (done) setTyped((now) => (now === tag ? "" : now));
    });
  }

  /** The keys of the widget, undo and digits among them, work from there. */
  function toGrid(): void {
    view.root.querySelector<HTMLElement>(".pt-grid")?.focus({ preventScroll: true });
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter") apply(found[marked] ?? typed);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      setOpen(true);
      setMarked(Math.max(-1, Math.min(found.length - 1, marked + step)));
    } else if (event.key === "Tab" && typed !== "" && found.length > 0) {
      write(found[Math.max(0, marked)] as string);
    } else if (event.key === "Escape" && typed !== "") {
      write("");
    } else if (event.key === "Escape") {
      toGrid();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div class="pt-tag-field">
      <input
        type="text"
        role="combobox"
        aria-label="Tag for the selected images"
        aria-expanded={found.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={marked >= 0 ? `${listId}-${marked}` : undefined}
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        disabled={selected === 0 || why !== ""}
        placeholder={why !== "" ? why : selected === 0 ? "select images to tag them" : `tag ${images(selected)}`}
        value={typed}
        onInput={(event) => {
          write(event.currentTarget.value);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      {found.length > 0 && (
        <div class="pt-completions" role="listbox" id={listId} aria-label="Known tags">
          {found.map((name, i) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the marked option
            <div
              key={name}
              id={`${listId}-${i}`}
              role="option"
              aria-selected={i === marked}
              class="pt-completion"
              onPointerDown={(event) => {
                event.preventDefault();
                apply(name);
              }}
            >
              <span>{name}</span>
              <span class="pt-soft">{count(store.traits.tags.value.find((tag) => tag.name === name)?.count ?? 0)}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
