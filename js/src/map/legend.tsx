/** The legend: what the colours mean, how many images each has; a click selects them, the eye hides them. */

import { type ReadonlySignal, type Signal, useComputed, useSignal } from "@preact/signals";
import chevronIcon from "lucide-static/icons/chevron-down.svg";
import moreIcon from "lucide-static/icons/ellipsis.svg";
import type { TargetedKeyboardEvent } from "preact";
import { useRef } from "preact/hooks";
import { fullMask, without } from "../bitmask";
import { css, type Theme } from "../palette";
import type { Store } from "../store";
import { filterOf, hides, isolated, toggled, unfiltered } from "../store/filters";
import { Icon } from "../ui/icon";
import { count as words } from "../ui/words";
import { type Coding, type Counts, countsOf, type Entry, rowsWithCode } from "./coding";
import { LegendBar } from "./legend_bar";
import { LegendColors } from "./legend_colors";
import { LegendList, type Line, nameShown } from "./legend_list";
import { LegendMenu, type Sorting } from "./legend_menu";
import { modeOf } from "./mode";

/** With more entries than this there is a field to search them. */
const SEARCHED = 14;
const names = new Intl.Collator(undefined, { numeric: true });

interface LegendProps {
  store: Store;
  coding: ReadonlySignal<Coding>;
  theme: ReadonlySignal<Theme>;
  /** Whether it is unfolded. */
  open: Signal<boolean>;
  /** Somebody folded or unfolded it by hand. */
  onFold: () => void;
}

export function Legend({ store, coding, theme, open, onFold }: LegendProps) {
  const menu = useSignal(false);
  const more = useRef<HTMLButtonElement>(null);
  /** What is searched for in the column on show; in another one nothing is. */
  const wanted = useSignal({ title: "", text: "" });
  const sorting = useSignal<Sorting>("given");
  /** The category whose colour is being chosen, of the column on show. */
  const painted = useSignal<{ title: string; name: string } | null>(null);
  const { title, entries, missing, range, exact, lut } = coding.value;
  const selectedOf = useComputed<Counts | null>(() => {
    const selected = without(store.selection.value, store.hidden.value);
    return store.selection.value.count === 0 ? null : countsOf(coding.value, selected);
  });
  const visibleOf = useComputed<Counts | null>(() => {
    const hidden = store.hidden.value;
    return hidden === null ? null : countsOf(coding.value, without(fullMask(hidden.n), hidden));
  });
  if (title === "" || exact.length === 0) return null;
  const filter = filterOf(store.filters.value, title);
  const isSearched = entries.length > SEARCHED;
  const typed = isSearched && wanted.value.title === title ? wanted.value.text : "";
  const search = typed.trim().toLowerCase();
  const found = search === "" ? entries : entries.filter(({ name }) => nameShown(name).toLowerCase().includes(search));
  const countOf = (entry: Entry | null) =>
    hides(filter, entry?.name ?? null)
      ? (entry?.count ?? missing)
      : (visibleOf.value?.(entry) ?? entry?.count ?? missing);
  const counts = sorting.value === "count" ? new Map(found.map((entry) => [entry.code, countOf(entry)])) : null;
  const orders: Record<Sorting, ((a: Entry, b: Entry) => number) | null> = {
    given: null,
    name: (a, b) => names.compare(a.name, b.name),
    count: (a, b) => (counts?.get(b.code) ?? 0) - (counts?.get(a.code) ?? 0),
  };
  const order = orders[sorting.value];
  const sorted = order === null ? found : found.toSorted(order);
  const lineOf = (entry: Entry | null): Line => {
    const name = entry?.name ?? null;
    return {
      name,
      color: css(entry?.color ?? [lut[0] as number, lut[1] as number, lut[2] as number]),
      count: countOf(entry),
      selected: selectedOf.value?.(entry) ?? null,
      hidden: hides(filter, name),
    };
  };
  const listed = [...sorted, ...(missing > 0 ? [null] : [])];
  const entryOf = (line: Line) => entries.find(({ name }) => name === line.name) ?? null;
  const toPaint = painted.value?.title === title ? entries.find(({ name }) => name === painted.value?.name) : undefined;
  const change = (make: typeof toggled) => (line: Line) =>
    store.setFilters(make(store.traits.filters.peek(), title, line.name, store.column(title).peek()?.kind));
  /** Escape closes the menu, and nothing else then. */
  function leaveMenu(event: TargetedKeyboardEvent<HTMLElement>): void {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    menu.value = false;
    more.current?.focus({ preventScroll: true });
  }
  return (
    <>
      <div class="pt-legend-head">
        <button
          type="button"
          class="pt-legend-title"
          aria-expanded={open.value}
          title={open.value ? "Fold the legend" : "Unfold the legend"}
          onClick={() => {
            onFold();
            open.value = !open.value;
          }}
        >
          <span class="pt-legend-name">{title}</span>
          {isSearched && <span class="pt-legend-count">{words(entries.length)}</span>}
          <span class="pt-legend-fold">
            <Icon svg={chevronIcon} />
          </span>
        </button>
        <button
          ref={more}
          type="button"
          class="pt-legend-more-button"
          aria-label="Order, scale and hover"
          title="Order, scale, what is shown on hover"
          aria-expanded={menu.value}
          onKeyDown={(event) => menu.peek() && leaveMenu(event)}
          onClick={() => {
            menu.value = !menu.peek();
            onFold();
            open.value = true;
          }}
        >
          <Icon svg={moreIcon} />
        </button>
      </div>
      {open.value && menu.value && (
        <LegendMenu
          store={store}
          coding={coding.value}
          sorting={sorting.value}
          onSort={(next) => {
            sorting.value = next;
          }}
          onKey={leaveMenu}
        />
      )}
      {open.value && toPaint !== undefined && (
        <LegendColors
          store={store}
          title={title}
          entry={toPaint}
          theme={theme.value}
          onDone={() => {
            painted.value = null;
          }}
        />
      )}
      {open.value && isSearched && (
        <input
          class="pt-legend-search"
          type="search"
          placeholder={`Search ${title}`}
          aria-label={`Search ${title}`}
          value={typed}
          onInput={(event) => {
            wanted.value = { title, text: event.currentTarget.value };
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || typed === "") return;
            wanted.value = { title, text: "" };
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      )}
      {open.value && range === null && entries.length === 0 && <div class="pt-legend-more">No values</div>}
      {open.value && range !== null && <LegendBar store={store} title={title} range={range} codes={exact} />}
      {open.value && (
        <LegendList
          count={listed.length}
          lineAt={(place) => lineOf(listed[place] ?? null)}
          actions={{
            select: (line, event) =>
              store.select(entryOf(line)?.rows ?? rowsWithCode(exact, entryOf(line)?.code ?? 0), modeOf(event)),
            toggle: change(toggled),
            only: change(isolated),
            recolor: ({ name }) => {
              painted.value = name === null || painted.peek()?.name === name ? null : { title, name };
            },
          }}
        />
      )}
      {open.value && filter !== null && (
        <button
          type="button"
          class="pt-legend-all"
          onClick={() => store.setFilters(unfiltered(store.traits.filters.peek(), title))}
        >
          Show all
        </button>
      )}
      {open.value && entries.length > 0 && found.length === 0 && <div class="pt-legend-more">No match</div>}
    </>
  );
}
