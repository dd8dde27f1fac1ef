/** Filters: what each hides, and how people change them. One filter per column at most. */

import { maskFromBits } from "../bitmask";
import type { Filter } from "../protocol.gen";
import type { Column, RowMask } from "../store";

export type Filters = readonly Filter[];

/** The rows of a column that its filter hides. */
export function hiddenBy(filter: Filter, column: Column, n: number): RowMask {
  if (column.kind === "tags") return hiddenTags(filter, column.tags, column.masks, n);
  const bits = new Uint8Array((n + 7) >> 3);
  let count = 0;
  if (column.kind === "number") {
    const { values } = column;
    const low = filter.low == null ? Number.NEGATIVE_INFINITY : Math.fround(filter.low);
    const high = filter.high == null ? Number.POSITIVE_INFINITY : Math.fround(filter.high);
    for (let row = 0; row < n; row++) {
      const value = values[row] as number;
      if (Number.isNaN(value) ? !filter.missing : filter.keep === undefined && value >= low && value <= high) continue;
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
      count++;
    }
    return { n, bits, count };
  }
  const { codes, categories } = column;
  const named = new Set(filter.keep ?? filter.hide ?? []);
  const keeps = filter.keep !== undefined;
  const hides = Uint8Array.from([
    filter.missing ? 1 : 0,
    ...categories.map((name) => Number(named.has(name) !== keeps)),
  ]);
  for (let row = 0; row < n; row++) {
    if (hides[codes[row] as number] !== 1) continue;
    bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    count++;
  }
  return { n, bits, count };
}

function hiddenTags(filter: Filter, tags: readonly string[], masks: readonly RowMask[], n: number): RowMask {
  const bytes = (n + 7) >> 3;
  const named = new Set(filter.keep ?? filter.hide ?? []);
  const of = new Uint8Array(bytes);
  const any = new Uint8Array(bytes);
  tags.forEach((tag, t) => {
    const mask = (masks[t] as RowMask).bits;
    const wanted = named.has(tag);
    for (let i = 0; i < bytes; i++) {
      any[i] = (any[i] as number) | (mask[i] as number);
      if (wanted) of[i] = (of[i] as number) | (mask[i] as number);
    }
  });
  const bits = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) {
    const [a, b] = [any[i] as number, of[i] as number];
    bits[i] = (filter.keep === undefined ? b : a & ~b) | (filter.missing ? ~a : 0);
  }
  if (n & 7) bits[bytes - 1] = (bits[bytes - 1] as number) & ((1 << (n & 7)) - 1);
  return maskFromBits(n, bits);
}

export function filterOf(filters: Filters, column: string): Filter | null {
  return filters.find((filter) => filter.column === column) ?? null;
}

/** Whether a filter hides a category; null asks for the rows without a value. */
export function hides(filter: Filter | null, name: string | null): boolean {
  if (filter === null) return false;
  if (name === null) return filter.missing;
  return filter.keep === undefined ? (filter.hide?.includes(name) ?? false) : !filter.keep.includes(name);
}

/** Hide a category (null: the rows without a value) that is shown, show one that is hidden. */
export function toggled(filters: Filters, column: string, name: string | null, kind?: Column["kind"]): Filter[] {
  const none = kind === "number" ? { low: null, high: null } : { hide: [] };
  const before: Filter = filterOf(filters, column) ?? { column, ...none, missing: false };
  if (name === null) return replaced(filters, { ...before, missing: !before.missing });
  const word = before.keep === undefined ? "hide" : "keep";
  const names = before[word] ?? [];
  const next = names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
  return replaced(filters, { ...before, [word]: next });
}

/** Show one category of a column only (null: the rows without a value); once more shows all again. */
export function isolated(filters: Filters, column: string, name: string | null): Filter[] {
  const keep = name === null ? [] : [name];
  const before = filterOf(filters, column);
  const already = before?.keep?.join("\n") === keep.join("\n") && before?.missing === (name !== null);
  return already ? unfiltered(filters, column) : replaced(filters, { column, keep, missing: name !== null });
}

/**
 * Show the values from `low` to `high` only; null is no bound. The first range hides the rows without a value; the next
 * ones, and none, leave them as they are.
 */
export function ranged(filters: Filters, column: string, low: number | null, high: number | null): Filter[] {
  const before = filterOf(filters, column);
  const isFirst = (low ?? high) !== null && (before?.low ?? before?.high) == null;
  return replaced(filters, { column, low, high, missing: isFirst || (before?.missing ?? false) });
}

export function unfiltered(filters: Filters, column: string): Filter[] {
  return filters.filter((filter) => filter.column !== column);
}

/** A filter in words, for a tooltip. */
export function filterWords({ column, hide, keep, low, high, missing }: Filter): string {
  const listed = (names: readonly string[]) =>
    names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  const parts: string[] = [];
  if (keep !== undefined) parts.push(keep.length > 0 ? `only ${listed(keep)}` : missing ? "nothing" : "only no value");
  if (hide !== undefined && hide.length > 0) parts.push(`without ${listed(hide)}`);
  if (low != null && high != null) parts.push(`${number.format(low)} to ${number.format(high)}`);
  else if (low != null) parts.push(`from ${number.format(low)}`);
  else if (high != null) parts.push(`up to ${number.format(high)}`);
  if (missing && keep === undefined && low == null && high == null) parts.push("without those that have none");
  return `${column}: ${parts.join(", ")}`;
}

const number = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

/** A filter that hides nothing is none. */
function replaced(filters: Filters, filter: Filter): Filter[] {
  const idle =
    !filter.missing && filter.keep === undefined && !filter.hide?.length && filter.low == null && filter.high == null;
  const others = unfiltered(filters, filter.column);
  return idle ? others : [...others, filter];
}
