/** The clusters one by one: picture, colour, name, size. A click selects; names are edited in place. */

import { useSignal } from "@preact/signals";
import onlyIcon from "lucide-static/icons/circle-dot.svg";
import eyeIcon from "lucide-static/icons/eye.svg";
import eyeOffIcon from "lucide-static/icons/eye-off.svg";
import pencilIcon from "lucide-static/icons/pencil.svg";
import tagIcon from "lucide-static/icons/tag.svg";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { fullMask, without } from "../../bitmask";
import { countsWithin, rowsWithCode } from "../../map/coding";
import { modeOf } from "../../map/mode";
import type { CategoryColumn, RowMask, Store } from "../../store";
import { filterOf, hides, isolated, toggled } from "../../store/filters";
import { Choice } from "../../ui/choice";
import { IconButton } from "../../ui/icon";
import type { View } from "../../ui/view";
import { count, images } from "../../ui/words";
import { useColors } from "./colors";
import { sizesOf } from "./crossing";
import { Thumb } from "./thumb";

/** Lines that are there before more are asked for. */
const AT_FIRST = 150;
const collator = new Intl.Collator(undefined, { numeric: true });

interface Line {
  /** The rows' code in the column; 0 for those in no cluster. */
  readonly code: number;
  readonly name: string | null;
  readonly size: number;
  /** How many of them no filter hides, and how many of these are selected. */
  readonly visible: number;
  readonly selected: number;
  readonly medoid: number;
}

interface ListProps {
  store: Store;
  view: View;
  column: CategoryColumn;
  /** The row that stands for each category, -1 while not known. */
  medoids: readonly number[];
}

export function ClusterList({ store, view, column, medoids }: ListProps) {
  const sorting = useSignal<"size" | "name">("size");
  const all = useSignal(false);
  /** The cluster whose name is being edited, or that is being tagged. */
  const edited = useSignal<{ name: string; what: "name" | "tag" } | null>(null);
  const box = useRef<HTMLUListElement>(null);
  const colors = useColors(store, column, view.root);
  const sizes = useMemo(() => sizesOf(column), [column]);
  const chosen = store.selection.value;
  const hiddenRows = store.hidden.value;
  const countsOf = (rows: RowMask) => countsWithin(column.codes, column.categories.length, without(rows, hiddenRows));
  const selected = useMemo(() => countsOf(chosen), [column, chosen, hiddenRows]);
  const visible = useMemo(() => countsOf(fullMask(column.codes.length)), [column, hiddenRows]);
  const inNone = column.codes.length - sizes.reduce((sum, size) => sum + size, 0);
  const lines: Line[] = column.categories.map((name, i) => ({
    code: i + 1,
    name,
    size: sizes[i] as number,
    visible: visible[i + 1] as number,
    selected: selected[i + 1] as number,
    medoid: medoids[i] as number,
  }));
  lines.sort((a, b) =>
    sorting.value === "size" ? b.size - a.size || a.code - b.code : collator.compare(a.name ?? "", b.name ?? ""),
  );
  const picked = lines.filter(isPicked);
  const shown = all.value ? lines : lines.slice(0, AT_FIRST);
  if (inNone > 0) {
    const counted = { visible: visible[0] as number, selected: selected[0] as number };
    shown.push({ code: 0, name: null, size: inNone, ...counted, medoid: -1 });
  }
  const wantedRows = shown.map(({ medoid }) => medoid).filter((row) => row >= 0);
  useThumbs(store, wantedRows);
  const filter = filterOf(store.filters.value, column.name);

  function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (!target.matches(".pt-cluster-main")) return;
    const places = [...(box.current?.querySelectorAll<HTMLElement>(".pt-cluster-main") ?? [])];
    const at = places.indexOf(target);
    const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: places.length - 1 };
    const next = to[event.key];
    if (next !== undefined) places[Math.min(places.length - 1, Math.max(0, next))]?.focus();
    else if (event.key === "F2" && target.dataset.cluster !== undefined)
      edited.value = { name: target.dataset.cluster, what: "name" };
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async function finish(line: Line, text: string): Promise<void> {
    const what = edited.peek()?.what;
    edited.value = null;
    const name = text.trim();
    if (name === "" || line.name === null) return;
    if (what === "name" && name !== line.name) await store.clusters.rename(line.name, name);
    if (what === "tag") {
      const rows = rowsWithCode(column.codes, line.code);
      if (await store.tag(name, "add", rows)) view.recentTags.value = [...new Set([name, ...view.recentTags.peek()])];
    }
  }

  return (
    <>
      <div class="pt-clusters-bar">
        {picked.length > 1 ? (
          <>
            <span>{count(picked.length)} selected</span>
            <button
              type="button"
              class="pt-link"
              title={`One cluster of ${picked.map(({ name }) => name).join(", ")}`}
              onClick={() => void store.clusters.merge(picked.map(({ name }) => name as string))}
            >
              merge them
            </button>
          </>
        ) : (
          <span class="pt-soft">click selects, shift adds</span>
        )}
        <span class="pt-space" />
        <Choice
          label="sort"
          hint="Order of the clusters"
          value={sorting.value}
          options={[
            { value: "size", text: "size" },
            { value: "name", text: "name" },
          ]}
          onChoose={(value) => {
            sorting.value = value as "size" | "name";
          }}
        />
      </div>
      <ul ref={box} class="pt-clusters" onKeyDown={onKey}>
        {shown.map((line) => {
          const name = line.name ?? "in no cluster";
          const hidden = hides(filter, line.name);
          const change = (make: typeof toggled) =>
            store.setFilters(make(store.traits.filters.peek(), column.name, line.name));
          const editing = edited.value !== null && edited.value.name === line.name ? edited.value.what : null;
          return (
            <li
              key={line.code}
              class={`pt-cluster${hidden ? " pt-cluster-hidden" : ""}`}
              data-picked={line.selected === 0 ? undefined : isPicked(line) ? "all" : "some"}
            >
              <button
                type="button"
                class="pt-line pt-cluster-main"
                data-cluster={line.name ?? undefined}
                aria-label={`${name}, ${images(line.size)}${line.selected > 0 ? `, ${count(line.selected)} selected` : ""}`}
                title={`${name}: ${images(line.size)}. Click selects them, shift adds, alt takes away, both intersect`}
                onClick={(event) => store.select(rowsWithCode(column.codes, line.code), modeOf(event))}
                onDblClick={() => {
                  if (line.name !== null) edited.value = { name: line.name, what: "name" };
                }}
              >
                <Thumb store={store} row={line.medoid} />
                <span class="pt-cluster-dot" style={{ background: colors[line.code] }} />
                <span class="pt-cluster-name">{editing === null ? name : ""}</span>
                <span class="pt-cluster-size">
                  {line.selected > 0 && line.selected < line.size && <b>{count(line.selected)} / </b>}
                  {count(line.size)}
                </span>
              </button>
              {editing !== null && (
                <NameField
                  label={editing === "name" ? `Name of ${name}` : `Tag for ${name}`}
                  hint={editing === "name" ? "name" : "tag"}
                  text={name}
                  onDone={(text) => void finish(line, text)}
                  onLeave={() => {
                    edited.value = null;
                  }}
                />
              )}
              {editing === null && (
                <span class="pt-cluster-acts">
                  {line.name !== null && (
                    <>
                      <IconButton
                        svg={pencilIcon}
                        name={`Rename ${name}`}
                        hint="Rename (F2 or double-click)"
                        onClick={() => {
                          edited.value = { name, what: "name" };
                        }}
                      />
                      <IconButton
                        svg={tagIcon}
                        name={`Tag ${name}`}
                        hint={`Tag its ${images(line.size)}`}
                        onClick={() => {
                          edited.value = { name, what: "tag" };
                        }}
                      />
                    </>
                  )}
                  <IconButton
                    svg={onlyIcon}
                    name={`Show only ${name}`}
                    hint="Show only these; again shows all"
                    onClick={() => change(isolated)}
                  />
                  <IconButton
                    svg={hidden ? eyeOffIcon : eyeIcon}
                    name={hidden ? `Show ${name}` : `Hide ${name}`}
                    pressed={hidden}
                    onClick={() => change(toggled)}
                  />
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {lines.length > AT_FIRST && !all.value && (
        <button
          type="button"
          class="pt-link"
          onClick={() => {
            all.value = true;
          }}
        >
          all {count(lines.length)}
        </button>
      )}
    </>
  );
}

/** All of it that one sees is selected. */
const isPicked = ({ visible, selected }: Line) => visible > 0 && selected === visible;

function useThumbs(store: Store, rows: readonly number[]): void {
  const viewer = useRef(Symbol("clusters"));
  const key = rows.join();
  useEffect(() => {
    store.thumbs.want(viewer.current, key === "" ? [] : key.split(",").map(Number));
  }, [store, key]);
  useEffect(() => () => store.thumbs.want(viewer.current, []), [store]);
}

interface NameFieldProps {
  label: string;
  hint: string;
  text: string;
  onDone: (text: string) => void;
  onLeave: () => void;
}

/** Enter takes what is typed, Escape leaves all as it was; then the keys are the line's again. */
function NameField({ label, hint, text, onDone, onLeave }: NameFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  // Before the next key: what is typed at once after F2 would be taken for shortcuts.
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  return (
    <span class="pt-cluster-field">
      <span class="pt-soft">{hint}</span>
      <input
        ref={field}
        type="text"
        aria-label={label}
        defaultValue={text}
        maxLength={200}
        onBlur={onLeave}
        onKeyDown={(event) => {
          if (event.key === "Enter") onDone(event.currentTarget.value);
          else if (event.key === "Escape") onLeave();
          else return;
          event.currentTarget.closest("li")?.querySelector<HTMLElement>(".pt-cluster-main")?.focus();
          event.preventDefault();
          event.stopPropagation();
        }}
      />
    </span>
  );
}
