/** The search field of the header: words, or an image from a file. */

import picture from "lucide-static/icons/image-plus.svg";
import glass from "lucide-static/icons/search.svg";
import close from "lucide-static/icons/x.svg";
import { useRef } from "preact/hooks";
import type { Store } from "../store";
import { Icon, IconButton } from "../ui/icon";
import { count, images } from "../ui/words";
import { among, likeFile } from "./files";
import { typed } from "./words";

export function SearchField({ store }: { store: Store }) {
  const field = useRef<HTMLInputElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const searching = store.traits.query.value.id !== 0;
  const selected = store.selection.value.count;

  async function ask(text: string): Promise<void> {
    const { examples, adds } = typed(text);
    if (examples.length === 0) return;
    const done = await store.search.ask(examples, adds && searching ? "add" : "anew", among(store));
    if (done && field.current?.value === text) field.current.value = "";
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const input = event.currentTarget as HTMLInputElement;
    if (event.key === "Enter") void ask(input.value);
    else if (event.key === "Escape" && input.value !== "") input.value = "";
    else if (event.key === "Escape" && searching) void store.search.go(0);
    else if (event.key === "Escape") input.blur();
    else return;
    event.preventDefault();
  }

  return (
    <search class="pt-search" title={HINT}>
      <Icon svg={glass} />
      <input
        ref={field}
        type="text"
        aria-label="Find images by words"
        placeholder={searching ? "+ more like, − less like" : "Find by words, or paste an image"}
        autocomplete="off"
        spellcheck={false}
        onKeyDown={onKey}
      />
      {selected > 0 && (
        <button
          type="button"
          class="pt-search-only"
          aria-pressed={store.search.only.value}
          title={`Search only among the ${images(selected)} selected`}
          onClick={() => {
            store.search.only.value = !store.search.only.peek();
          }}
        >
          in {count(selected)} selected
        </button>
      )}
      <IconButton
        svg={picture}
        name="Find images like a file"
        hint="Find images like one of yours: pick a file, or paste or drop it anywhere here"
        onClick={() => file.current?.click()}
      />
      {searching && (
        <IconButton
          svg={close}
          name="End the search"
          hint="End the search: order and colours as before (Esc)"
          onClick={() => void store.search.go(0)}
        />
      )}
      <input
        ref={file}
        class="pt-search-file"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-label="Image file"
        onChange={(event) => {
          const picked = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (picked !== undefined) void likeFile(store, picked);
        }}
      />
    </search>
  );
}

const HINT = `Words, then Enter (/).
a red flag −snow: like the first, unlike the second
a cat; a dog: like both
+ or − in front: add to the search there is`;
