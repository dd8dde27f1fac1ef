/** The colours on show, worked out again only when something of them changed: all points are sent anew then. */

import { computed, type ReadonlySignal } from "@preact/signals";
import type { Theme } from "../palette";
import type { ColorScale } from "../protocol.gen";
import type { Store } from "../store";
import { type Coding, codingOf } from "./coding";

/** @param rows how many there are on the map */
export function coded(
  store: Store,
  rows: ReadonlySignal<number>,
  theme: ReadonlySignal<Theme>,
): ReadonlySignal<Coding> {
  const { columns, palette, color_scale } = store.traits;
  const title = computed(() => store.color.value?.name ?? "");
  // As text: the kernel sends objects anew that say the same.
  const chosen = computed(() => JSON.stringify(palette.value[title.value] ?? {}));
  const scale = computed(() => JSON.stringify(color_scale.value));
  const form = computed(() => columns.value.find(({ name }) => name === title.value)?.form ?? null);
  return computed(() =>
    codingOf(store.color.value, rows.value, theme.value, {
      palette: JSON.parse(chosen.value) as Record<string, string>,
      scale: JSON.parse(scale.value) as ColorScale,
      form: form.value,
    }),
  );
}
