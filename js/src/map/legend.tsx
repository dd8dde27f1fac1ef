/** The legend: what the colours mean, how many images each has, and a click selects them. */

import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import chevronIcon from "lucide-static/icons/chevron-down.svg";
import { overlap } from "../bitmask";
import { css } from "../palette";
import type { Store } from "../store";
import { Icon } from "../ui/icon";
import { count as words } from "../ui/words";
import { type Coding, countsWithin, type Entry, rowsWithCode } from "./coding";
import { modeOf } from "./mode";

/** With more entries than this there is a field to search them. */
const SEARCHED = 14;
const MOST_LISTED = 500;

/** A category may be the empty text. */
export const nameShown = (name: string) => name || "(empty)";

const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

interface RowProps {
  name: string;
  color: string;
  count: number;
  selected: number | null;
  missing?: boolean;
  onSelect: (event: MouseEvent) => void;
}

function LegendRow({ name, color, count, selected, missing, onSelect }: RowProps) {
  const counts = selected === null ? words(count) : `${words(selected)} of ${words(count)}`;
  return (
    <li>
      <button
        type="button"
        class={`pt-legend-row${missing ? " pt-legend-missing" : ""}${selected === 0 ? " pt-legend-none" : ""}`}
        title={`${name}: ${counts}${selected === null ? "" : " selected"}. Click selects them; shift adds, alt takes away.`}
        onClick={onSelect}
      >
        <span class="pt-legend-dot" style={{ background: color }} />
        <span class="pt-legend-name">{name}</span>
        <span class="pt-legend-count">
          {selected !== null && selected > 0 && <b>{words(selected)}</b>}
          {selected !== null && selected > 0 && <i> / </i>}
          {words(count)}
        </span>
      </button>
    </li>
  );
}

function Bar({ range }: { range: NonNullable<Coding["range"]> }) {
  const stops = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1].map((share) => {
    const color = range.colors[Math.round(share * (range.colors.length - 1))];
    return color === undefined ? "" : css(color);
  });
  return (
    <div class="pt-legend-range">
      <div class="pt-legend-bar" style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }} />
      <div class="pt-legend-ends">
        <span>{short.format(range.low)}</span>
        <span>{short.format(range.high)}</span>
      </div>
    </div>
  );
}

export function Legend({ store, coding }: { store: Store; coding: ReadonlySignal<Coding> }) {
  const open = useSignal(true);
  const wanted = useSignal("");
  const { title, entries, missing, range, codes, lut } = coding.value;
  const within = useComputed(() => {
    const selected = store.selection.value;
    if (selected.count === 0) return null;
    const now = coding.value;
    const byCode = countsWithin(now.codes, now.lut.length / 4, selected);
    return (entry: Entry | null) => {
      if (entry === null) return byCode[0] as number;
      return entry.rows === null ? (byCode[entry.code] as number) : overlap(entry.rows, selected);
    };
  });
  if (title === "" || codes.length === 0) return null;
  const search = wanted.value.trim().toLowerCase();
  const found = search === "" ? entries : entries.filter(({ name }) => nameShown(name).toLowerCase().includes(search));
  const selected = within.value;
  const greys = css([lut[0] as number, lut[1] as number, lut[2] as number]);
  return (
    <>
      <button
        type="button"
        class="pt-legend-title"
        aria-expanded={open.value}
        title={open.value ? "Fold the legend" : "Unfold the legend"}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <span class="pt-legend-name">{title}</span>
        {entries.length > SEARCHED && <span class="pt-legend-count">{words(entries.length)}</span>}
        <span class="pt-legend-fold">
          <Icon svg={chevronIcon} />
        </span>
      </button>
      {open.value && entries.length > SEARCHED && (
        <input
          class="pt-legend-search"
          type="search"
          placeholder={`Search ${title}`}
          aria-label={`Search ${title}`}
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || wanted.value === "") return;
            wanted.value = "";
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      )}
      {open.value && range !== null && <Bar range={range} />}
      {open.value && (
        <ul class="pt-legend-list">
          {found.slice(0, MOST_LISTED).map((entry) => (
            <LegendRow
              key={entry.code}
              name={nameShown(entry.name)}
              color={css(entry.color)}
              count={entry.count}
              selected={selected?.(entry) ?? null}
              onSelect={(event) => store.select(entry.rows ?? rowsWithCode(codes, entry.code), modeOf(event))}
            />
          ))}
          {missing > 0 && (
            <LegendRow
              name="no value"
              missing
              color={greys}
              count={missing}
              selected={selected?.(null) ?? null}
              onSelect={(event) => store.select(rowsWithCode(codes, 0), modeOf(event))}
            />
          )}
        </ul>
      )}
      {open.value && found.length > MOST_LISTED && (
        <div class="pt-legend-more">{words(found.length - MOST_LISTED)} more: search to narrow</div>
      )}
      {open.value && entries.length > 0 && found.length === 0 && <div class="pt-legend-more">No match</div>}
    </>
  );
}
