/** What has length n and a revision, the layout on show and the columns: asked for when wanted, again when changed. */

import { effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { maskFromBits } from "../bitmask";
import { take, WireError } from "../bytes";
import { type Answered, type Link, Refused } from "../link";
import type { Column, Layout } from "../store";

export type OnError = (what: string, error: Refused) => void;

interface Wanted {
  readonly name: string;
  readonly revision: number;
}

/**
 * Keep `have` what `wanted` names: one question at a time, and after each answer again if the revision moved on.
 *
 * An answer nobody wants any more is dropped. A refused revision is asked for again only when there is a newer one.
 */
function keepCurrent<T extends Wanted>(
  have: Signal<T | null>,
  wanted: () => Wanted | null,
  fetch: (name: string, signal: AbortSignal) => Promise<T>,
  onError: (error: Refused) => void,
): () => void {
  let asked: { wanted: Wanted; abort: AbortController } | null = null;
  let refused: Wanted | null = null;

  const close = effect(() => {
    const next = wanted();
    if (next === null) have.value = null;
    if (asked !== null && asked.wanted.name !== next?.name) {
      asked.abort.abort();
      asked = null;
    }
    void update(next);
  });

  async function update(next: Wanted | null): Promise<void> {
    const current = have.peek();
    if (next === null || asked !== null) return;
    if (current?.name === next.name && current.revision >= next.revision) return;
    if (refused?.name === next.name && refused.revision >= next.revision) return;
    const mine = { wanted: next, abort: new AbortController() };
    asked = mine;
    try {
      const got = await fetch(next.name, mine.abort.signal);
      if (asked !== mine) return;
      have.value = got;
    } catch (error) {
      if (asked !== mine) return;
      refused = next;
      onError(error instanceof Refused ? error : new Refused("protocol", (error as Error).message));
    }
    asked = null;
    void update(wanted());
  }

  return () => {
    close();
    asked?.abort.abort();
    asked = null;
  };
}

/** Columns that nobody may ever choose are fetched ahead up to so many bytes in all: seconds on a slow line. */
const AHEAD_BYTES = 8_000_000;
/** Of a row, at most; tags are a bit each and are not fetched ahead. */
const ROW_BYTES = { category: 2, number: 4 };

export interface Columns {
  readonly layout: ReadonlySignal<Layout | null>;
  column(name: string): ReadonlySignal<Column | null>;
  /** Somebody is about to choose one of these: fetch them one after the other, so that a choice waits for one at most. */
  ahead(names: readonly string[]): void;
  close(): void;
}

export function createColumns(link: Link, onError: OnError): Columns {
  const { n, layouts, layout_name, columns } = link.traits;
  const layout = signal<Layout | null>(null);
  const known = new Map<string, ReadonlySignal<Column | null>>();
  const queue: string[] = [];
  let left = AHEAD_BYTES;
  let isFetching = false;
  const closers = [
    keepCurrent(
      layout,
      () => layouts.value.find(({ name }) => name === layout_name.value) ?? null,
      async (name, signal) => readLayout(await link.ask("layout", { name }, { signal }), n.peek()),
      (error) => onError(`The layout "${layout_name.peek()}" could not be fetched`, error),
    ),
  ];

  function column(name: string): ReadonlySignal<Column | null> {
    const found = known.get(name);
    if (found !== undefined) return found;
    const column = signal<Column | null>(null);
    known.set(name, column);
    closers.push(
      keepCurrent(
        column,
        () => columns.value.find((info) => info.name === name && info.kind !== "text") ?? null,
        async (name, signal) => readColumn(await link.ask("column", { name }, { signal }), n.peek()),
        (error) => onError(`The column "${name}" could not be fetched`, error),
      ),
    );
    return column;
  }

  function fetchNext(): void {
    const name = queue.shift();
    isFetching = name !== undefined;
    if (name === undefined) return;
    const coming = column(name);
    let isHere = false;
    closers.push(
      effect(() => {
        if (coming.value === null || isHere) return;
        isHere = true;
        untracked(fetchNext);
      }),
    );
  }

  return {
    layout,
    column,
    ahead(names) {
      for (const info of columns.peek()) {
        if (!names.includes(info.name) || info.kind === "text" || info.kind === "tags") continue;
        const bytes = ROW_BYTES[info.kind] * n.peek();
        if (known.has(info.name) || queue.includes(info.name) || bytes > left) continue;
        left -= bytes;
        queue.push(info.name);
      }
      if (!isFetching) fetchNext();
    },
    close() {
      for (const close of closers) close();
    },
  };
}

/** @throws WireError when the bytes are not what a layout of n rows takes */
function readLayout({ answer, arrays }: Answered<"layout">, n: number): Layout {
  const { name, revision, dims } = answer;
  return { name, revision, dims, xy: take(arrays, "xy", "f32", [n, dims]) };
}

/** @throws WireError when the bytes are not what a column of n rows takes */
function readColumn({ answer, arrays }: Answered<"column">, n: number): Column {
  const { name, revision, kind, categories, places, low, high } = answer;
  if (kind === "number") return { kind, name, revision, low, high, values: take(arrays, "values", "f32", [n]) };
  if (places.length !== categories.length) {
    throw new WireError(`the column "${name}" has ${categories.length} categories and ${places.length} colours`);
  }
  if (kind === "tags") {
    const listed = answer.buffers.map((buffer) => take(arrays, buffer.name, "bits", [n]));
    if (listed.length !== categories.length) {
      throw new WireError(`the column "${name}" has ${categories.length} tags and ${listed.length} masks`);
    }
    return { kind, name, revision, tags: categories, places, masks: listed.map((bits) => maskFromBits(n, bits)) };
  }
  const codes = arrays.get("codes");
  if (kind !== "category" || codes === undefined || codes.data instanceof Float32Array || codes.data.length !== n) {
    throw new WireError(`the column "${name}" of kind ${kind} does not hold ${n} codes`);
  }
  return { kind, name, revision, categories, places, codes: codes.data };
}
