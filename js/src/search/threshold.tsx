/** How similar an image must be to stay: a slider, and the number of images that stay. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Filter } from "../protocol.gen";
import type { NumberColumn, Store } from "../store";
import { filterOf, unfiltered } from "../store/filters";
import { count } from "../ui/words";

const STEPS = 500;

export function Threshold({ store }: { store: Store }) {
  const { column: name } = store.traits.query.value;
  const column = store.column(name).value;
  if (column?.kind !== "number" || column.low === null || column.high === null) return null;
  return <Bounds store={store} column={column} low={column.low} high={column.high} />;
}

interface BoundsProps {
  store: Store;
  column: NumberColumn;
  /** The column's extremes. */
  low: number;
  high: number;
}

function Bounds({ store, column, low, high }: BoundsProps) {
  const { column: name, within } = store.traits.query.value;
  /** What is being typed: a new answer meanwhile does not put its own number there. */
  const draft = useSignal<string | null>(null);
  /** How many are to stay, until the similarities they are counted by have come. */
  const wanted = useSignal<number | null>(null);
  const current = store.traits.columns.value.find((info) => info.name === name)?.revision === column.revision;
  const filters = store.filters.value;
  const before = filterOf(filters, name);
  const bound = before?.low ?? null;
  const span = high - low || 1;
  const stays = store.order.value.length;
  const at = bound === null ? 0 : Math.round(Math.min(1, Math.max(0, (bound - low) / span)) * STEPS);

  function put(next: number | null, done: boolean): void {
    const upper = before?.high ?? null;
    const missing = next !== null || upper !== null || within !== null;
    const filter: Filter = { column: name, low: next, high: upper, missing };
    store.setFilters([...unfiltered(filters, name), ...(missing ? [filter] : [])], done);
  }

  useEffect(() => {
    if (!current || wanted.value === null) return;
    put(boundFor(column, wanted.value), true);
    wanted.value = null;
  });

  const slid = (input: HTMLInputElement, done: boolean) => {
    const share = Number(input.value) / STEPS;
    put(share === 0 ? null : low + share * span, done);
  };

  return (
    <div class="pt-threshold">
      <label class="pt-soft" title="How many of the most similar images stay">
        best{" "}
        <input
          type="number"
          class="pt-best"
          aria-label="Number of images that stay"
          min={1}
          value={draft.value ?? wanted.value ?? stays}
          onInput={(event) => {
            draft.value = event.currentTarget.value;
          }}
          onChange={(event) => {
            draft.value = null;
            wanted.value = Number(event.currentTarget.value);
          }}
          onBlur={() => {
            draft.value = null;
          }}
        />
      </label>
      <input
        type="range"
        aria-label="Least similarity"
        aria-valuetext={bound === null ? "all images" : `${bound.toFixed(3)} or more: ${count(stays)} images`}
        title="Least similarity: images below it are hidden"
        min={0}
        max={STEPS}
        value={at}
        onInput={(event) => slid(event.currentTarget, false)}
        onChange={(event) => slid(event.currentTarget, true)}
      />
      <span class="pt-soft pt-number pt-bound">{bound === null ? "all" : `≥ ${bound.toFixed(2)}`}</span>
    </div>
  );
}

/** The similarity of the image at place `best` of all; null when there are no more. Equal ones stay together. */
export function boundFor({ values }: NumberColumn, best: number): number | null {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (!(best >= 1) || best >= sorted.length) return null;
  return sorted[sorted.length - Math.floor(best)] ?? null;
}
