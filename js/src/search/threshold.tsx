/** How similar an image must be to stay, or at most may be in a reversed search: a slider, and how many stay. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Filter } from "../protocol.gen";
import type { NumberColumn, Store } from "../store";
import { filterOf, unfiltered } from "../store/filters";
import { images } from "../ui/words";

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
  const { column: name, within, reverse } = store.traits.query.value;
  /** What is being typed: a new answer meanwhile does not put its own number there. */
  const draft = useSignal<string | null>(null);
  /** How many are to stay, until the similarities they are counted by have come. */
  const wanted = useSignal<number | null>(null);
  const current = store.traits.columns.value.find((info) => info.name === name)?.revision === column.revision;
  const filters = store.filters.value;
  const before = filterOf(filters, name);
  const bound = (reverse ? before?.high : before?.low) ?? null;
  const other = (reverse ? before?.low : before?.high) ?? null;
  const span = high - low || 1;
  const stays = store.order.value.length;
  const all = reverse ? STEPS : 0;
  const at = bound === null ? all : Math.round(Math.min(1, Math.max(0, (bound - low) / span)) * STEPS);

  function put(next: number | null, done: boolean): void {
    const [least, most] = reverse ? [other, next] : [next, other];
    const crossed = least !== null && most !== null && least > most;
    const kept = crossed ? null : other;
    const missing = next !== null || kept !== null || within !== null;
    const filter: Filter = { column: name, low: reverse ? kept : next, high: reverse ? next : kept, missing };
    store.setFilters([...unfiltered(filters, name), ...(missing ? [filter] : [])], done);
  }

  useEffect(() => {
    if (!current || wanted.value === null) return;
    put(boundFor(column, wanted.value, reverse), true);
    wanted.value = null;
  });

  const slid = (input: HTMLInputElement, done: boolean) => {
    const step = Number(input.value);
    put(step === all ? null : low + (step / STEPS) * span, done);
  };

  return (
    <div class="pt-threshold">
      <label class="pt-soft" title={`How many of the ${reverse ? "least" : "most"} similar images stay`}>
        {reverse ? "least" : "best"}{" "}
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
        aria-label={reverse ? "Greatest similarity" : "Least similarity"}
        aria-valuetext={
          bound === null ? "all images" : `${bound.toFixed(3)} or ${reverse ? "less" : "more"}: ${images(stays)}`
        }
        title={
          reverse ? "Greatest similarity: images above it are hidden" : "Least similarity: images below it are hidden"
        }
        min={0}
        max={STEPS}
        value={at}
        onInput={(event) => slid(event.currentTarget, false)}
        onChange={(event) => slid(event.currentTarget, true)}
      />
      <span class="pt-soft pt-number pt-bound">
        {bound === null ? "all" : `${reverse ? "≤" : "≥"} ${bound.toFixed(2)}`}
      </span>
    </div>
  );
}

/** The similarity of the image at place `best` of all, the least similar first where `reverse`; null when there are no
 * more. Equal ones stay together. */
export function boundFor({ values }: NumberColumn, best: number, reverse: boolean): number | null {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (!(best >= 1) || best >= sorted.length) return null;
  return sorted[reverse ? Math.floor(best) - 1 : sorted.length - Math.floor(best)] ?? null;
}
