/** The entries of the legend: any number, of which those in sight are there. A click selects, the eye hides. */

import { useSignal } from "@preact/signals";
import onlyIcon from "lucide-static/icons/circle-dot.svg";
import eyeIcon from "lucide-static/icons/eye.svg";
import eyeOffIcon from "lucide-static/icons/eye-off.svg";
import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon";
import { count as words } from "../ui/words";

/** One line of the legend; `name` is null for the rows without a value. */
export interface Line {
  readonly name: string | null;
  readonly color: string;
  /** How many images it has that no filter hides; all of it when it is hidden itself. */
  readonly count: number;
  /** How many of them are selected; null when nothing is. */
  readonly selected: number | null;
  readonly hidden: boolean;
}

/** What can be done with a line. */
export interface LineActions {
  select(line: Line, event: MouseEvent): void;
  toggle(line: Line): void;
  only(line: Line): void;
  recolor(line: Line): void;
}

const ROW_PX = 28;
const TOUCH_ROW_PX = 44;
/** Lines are there this far beyond the edges, and as many as this before the list has a height. */
const MARGIN_PX = 110;
const UNMEASURED_PX = 400;

/** A category may be the empty text. */
export const nameShown = (name: string | null) => (name === null ? "no value" : name || "(empty)");

interface ListProps {
  count: number;
  /** Lines are asked for when they come in sight. */
  lineAt: (place: number) => Line;
  actions: LineActions;
}

export function LegendList({ count, lineAt, actions }: ListProps) {
  const list = useRef<HTMLUListElement>(null);
  const top_px = useSignal(0);
  const active = useSignal(0);
  const row_px = matchMedia("(pointer: coarse)").matches ? TOUCH_ROW_PX : ROW_PX;
  const height_px = useHeight(list) || UNMEASURED_PX;
  const first = Math.max(0, Math.floor((top_px.value - MARGIN_PX) / row_px));
  const after = Math.min(count, Math.ceil((top_px.value + height_px + MARGIN_PX) / row_px));
  const now = Math.min(active.value, count - 1);
  const inSight = Array.from({ length: Math.max(0, after - first) }, (_, i) => ({
    place: first + i,
    line: lineAt(first + i),
  }));
  const toFocus = useRef(-1);

  useLayoutEffect(() => {
    if (toFocus.current < 0) return;
    list.current?.querySelector<HTMLElement>(`[data-line="${toFocus.current}"]`)?.focus({ preventScroll: true });
    toFocus.current = -1;
  });

  function go(to: number): void {
    const el = list.current;
    const next = Math.min(count - 1, Math.max(0, to));
    if (el === null || next < 0) return;
    const y = next * row_px;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (y + row_px > el.scrollTop + el.clientHeight) el.scrollTop = y + row_px - el.clientHeight;
    top_px.value = el.scrollTop;
    active.value = next;
    toFocus.current = next;
    el.querySelector<HTMLElement>(`[data-line="${next}"]`)?.focus({ preventScroll: true });
  }

  function onKey(event: TargetedKeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = Math.min(active.peek(), count - 1);
    const line = count > 0 ? lineAt(now) : undefined;
    const page = Math.max(1, Math.floor(height_px / row_px) - 1);
    const moves: Record<string, number> = {
      ArrowDown: now + 1,
      ArrowUp: now - 1,
      PageDown: now + page,
      PageUp: now - page,
      Home: 0,
      End: count,
    };
    const to = moves[event.key];
    if (to !== undefined) go(to);
    else if (event.key === "h" && line !== undefined) actions.toggle(line);
    else if (event.key === "o" && line !== undefined) actions.only(line);
    else if (event.key === "c" && line !== undefined) actions.recolor(line);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <ul
      ref={list}
      class="pt-legend-list"
      onScroll={(event) => {
        top_px.value = event.currentTarget.scrollTop;
      }}
      onKeyDown={onKey}
    >
      <li aria-hidden="true" style={{ height: `${first * row_px}px` }} />
      {inSight.map(({ place, line }) => (
        <LegendRow
          key={line.name === null ? "missing" : `name ${line.name}`}
          line={line}
          place={place}
          tabbable={place === now}
          actions={actions}
          onFocus={() => {
            active.value = place;
          }}
        />
      ))}
      <li aria-hidden="true" style={{ height: `${(count - after) * row_px}px` }} />
    </ul>
  );
}

/** The legend grows under the pointer, and may get another corner: then more lines come in sight. */
function useHeight(list: RefObject<HTMLElement | null>): number {
  const height_px = useSignal(0);
  useLayoutEffect(() => {
    const el = list.current;
    if (el === null) return;
    const sized = new ResizeObserver(() => {
      height_px.value = el.clientHeight;
    });
    sized.observe(el);
    return () => sized.disconnect();
  }, [list, height_px]);
  return height_px.value || (list.current?.clientHeight ?? 0);
}

interface RowProps {
  line: Line;
  place: number;
  tabbable: boolean;
  actions: LineActions;
  onFocus: () => void;
}

function LegendRow({ line, place, tabbable, actions, onFocus }: RowProps) {
  const name = nameShown(line.name);
  const { count, selected, hidden } = line;
  const counts = selected === null ? words(count) : `${words(selected)} of ${words(count)}`;
  const state = `${line.name === null ? " pt-legend-missing" : ""}${selected === 0 ? " pt-legend-none" : ""}`;
  const what = hidden
    ? "hidden; a click shows them again"
    : `${counts}${selected === null ? "" : " selected"}. Click selects them, shift adds, alt takes away; H hides, O shows only these`;
  return (
    <li class={`pt-legend-line${hidden ? " pt-legend-hidden" : ""}`}>
      <button
        type="button"
        class={`pt-legend-row${state}`}
        data-line={place}
        tabIndex={tabbable ? 0 : -1}
        title={`${name}: ${what}`}
        aria-label={`${name}, ${hidden ? "hidden" : counts}`}
        onFocus={onFocus}
        onClick={(event) => {
          if (hidden) actions.toggle(line);
          else actions.select(line, event);
        }}
        onDblClick={() => actions.only(line)}
      >
        <span class="pt-legend-dot" style={{ background: line.color }} />
        <span class="pt-legend-name">{name}</span>
        <span class="pt-legend-count">
          {selected !== null && selected > 0 && <b>{words(selected)}</b>}
          {selected !== null && selected > 0 && <i> / </i>}
          {words(count)}
        </span>
      </button>
      {line.name !== null && !hidden && (
        <button
          type="button"
          class="pt-legend-paint"
          tabIndex={-1}
          aria-label={`Colour of ${name}`}
          title={`Another colour for ${name} (C)`}
          onClick={() => actions.recolor(line)}
        />
      )}
      <span class="pt-legend-eyes">
        <button
          type="button"
          class="pt-legend-eye pt-legend-only"
          tabIndex={-1}
          aria-label={`Show only ${name}`}
          title={`Show only ${name} (O); again shows all`}
          onClick={() => actions.only(line)}
        >
          <Icon svg={onlyIcon} />
        </button>
        <button
          type="button"
          class="pt-legend-eye"
          tabIndex={-1}
          aria-label={hidden ? `Show ${name}` : `Hide ${name}`}
          aria-pressed={hidden}
          title={hidden ? `Show ${name} (H)` : `Hide ${name} (H)`}
          onClick={() => actions.toggle(line)}
        >
          <Icon svg={hidden ? eyeOffIcon : eyeIcon} />
        </button>
      </span>
    </li>
  );
}
