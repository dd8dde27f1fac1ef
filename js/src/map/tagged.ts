/** Which rows carry a tag, while the map has room to show it. */

import { computed, type ReadonlySignal } from "@preact/signals";
import { union } from "../bitmask";
import { type Look, RINGED_PX } from "../scatter/look";
import type { RowMask, Store } from "../store";

/** Of masks, a bit for each row and tag: they are asked for anew with each change of a tag. */
const MOST_BYTES = 1e6;

/** Null where none are to be shown. */
export function taggedRows(store: Store, look: ReadonlySignal<Look>): ReadonlySignal<RowMask | null> {
  const { tags_shown, tags, columns, n } = store.traits;
  const isWanted = computed(
    () =>
      tags_shown.value &&
      tags.value.length > 0 &&
      look.value.size_px >= RINGED_PX &&
      (n.value / 8) * tags.value.length <= MOST_BYTES,
  );
  return computed(() => {
    const info = isWanted.value ? columns.value.find(({ kind }) => kind === "tags") : undefined;
    const column = info === undefined ? null : store.column(info.name).value;
    return column?.kind === "tags" ? column.masks.reduce<RowMask | null>(union, null) : null;
  });
}
