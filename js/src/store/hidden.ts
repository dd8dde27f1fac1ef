/** The rows that filters hide, from columns the browser has; a column that is not here yet is asked for. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { union } from "../bitmask";
import type { Link } from "../link";
import type { Filter } from "../protocol.gen";
import type { Column, RowMask } from "../store";
import { type Filters, hiddenBy } from "./filters";

export interface Hidden {
  readonly filters: ReadonlySignal<Filters>;
  readonly hidden: ReadonlySignal<RowMask | null>;
  /** Filters that are tried out here only; null ends it. */
  draft(filters: Filters | null): void;
}

export function createHidden(link: Link, column: (name: string) => ReadonlySignal<Column | null>): Hidden {
  const tried = signal<Filters | null>(null);
  const filters = computed<Filters>(() => tried.value ?? link.traits.filters.value);
  let kept = new Map<string, { filter: Filter; column: Column; rows: RowMask }>();

  const hidden = computed(() => {
    const n = link.traits.n.value;
    const next: typeof kept = new Map();
    let all: RowMask | null = null;
    for (const filter of filters.value) {
      const found = column(filter.column).value;
      if (found === null) continue;
      const before = kept.get(filter.column);
      // A filter may come before the column that has its names: until then what was hidden is.
      const keeps =
        before !== undefined && (isAhead(filter, found) || (before.column === found && isSame(before.filter, filter)));
      const made = keeps ? before : { filter, column: found, rows: hiddenBy(filter, found, n) };
      next.set(filter.column, made);
      const { rows } = made;
      if (rows.count > 0) all = union(all, rows);
    }
    kept = next;
    return all;
  });

  return {
    filters,
    hidden,
    draft(next) {
      tried.value = next;
    },
  };
}

const isSame = (a: Filter, b: Filter) => a === b || JSON.stringify(a) === JSON.stringify(b);

const isAhead = (filter: Filter, column: Column) =>
  column.kind === "category" && (filter.keep ?? filter.hide ?? []).some((name) => !column.categories.includes(name));
