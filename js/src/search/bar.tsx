/** Over the grid while there is a search: its examples, the rounds, how many images stay, and what went wrong. */

import back from "lucide-static/icons/chevron-left.svg";
import forward from "lucide-static/icons/chevron-right.svg";
import images from "lucide-static/icons/images.svg";
import down from "lucide-static/icons/thumbs-down.svg";
import up from "lucide-static/icons/thumbs-up.svg";
import close from "lucide-static/icons/x.svg";
import { useLayoutEffect, useRef } from "preact/hooks";
import { wheelGuard } from "../map/wheel_guard";
import type { QueryPart } from "../protocol.gen";
import type { Store } from "../store";
import { Icon, IconButton } from "../ui/icon";
import { count } from "../ui/words";
import { Threshold } from "./threshold";
import { PartPicture, Thumb, useThumbs } from "./thumb";

const PICTURE_PX = 26;
const CLASSES = 2;
/** So much of the line fades at its ends; as in search.css. */
const EDGE_PX = 8;

export function SearchBar({ store }: { store: Store }) {
  const { failed, working } = store.search;
  const query = store.traits.query.value;
  const searching = query.id !== 0;
  const loads = store.traits.runs.value.find(({ kind, state }) => kind === "loading" && state === "running");
  return (
    <section class="pt-results" aria-label="Search" hidden={!searching && failed.value === "" && !working.value}>
      {searching && <Parts store={store} />}
      {searching && <Threshold store={store} />}
      {searching && query.note !== "" && <p class="pt-results-note pt-soft">{query.note}</p>}
      {working.value && (
        <p class="pt-results-note">
          <span class="pt-results-working" role="status">
            {loads === undefined ? "Searching…" : `${sentence(loads.name)}…`}
          </span>
          <button type="button" class="pt-link" onClick={store.search.cancel}>
            cancel
          </button>
        </p>
      )}
      {failed.value !== "" && (
        <p class="pt-results-note pt-results-failed" role="alert">
          <span>{sentence(failed.value)}</span>
          <IconButton svg={close} name="Dismiss" onClick={store.search.dismiss} />
        </p>
      )}
      <span class="pt-unseen" role="status">
        {searching ? `Round ${query.round}: ${query.words}. ${query.reverse ? "Least" : "Most"} similar first.` : ""}
      </span>
    </section>
  );
}

function Parts({ store }: { store: Store }) {
  const { parts, round, back: before, forward: after, within } = store.traits.query.value;
  const ordered = [...parts.filter(({ like }) => like), ...parts.filter(({ like }) => !like)];
  useThumbs(
    store,
    parts.flatMap(({ kind, row }) => (kind === "row" ? [row] : [])),
  );
  return (
    <div class="pt-parts">
      <IconButton
        svg={back}
        name="Round before"
        hint={before === 0 ? "Back to the view before the search (ctrl Z)" : "Back to the round before (ctrl Z)"}
        disabled={before === null}
        onClick={() => void store.search.go(before ?? 0)}
      />
      <span class="pt-soft pt-number" title="Rounds of this search">
        {count(round)}
      </span>
      <IconButton
        svg={forward}
        name="Round after"
        hint="Forward to the round after"
        disabled={after === null}
        onClick={() => void store.search.go(after ?? 0)}
      />
      <Line store={store} parts={ordered} />
      {within !== null && (
        <span class="pt-soft">
          among {count(within)}{" "}
          <button type="button" class="pt-link" title="Search among all images" onClick={store.search.widen}>
            all
          </button>
        </span>
      )}
    </div>
  );
}

/** The examples in one line that scrolls sideways; one that is added is brought into it. */
function Line({ store, parts }: { store: Store; parts: readonly QueryPart[] }) {
  const list = useRef<HTMLUListElement>(null);
  const known = useRef<readonly string[]>([]);
  const guard = useRef(wheelGuard());
  const ids = parts.map(({ id }) => id);
  useLayoutEffect(() => {
    const added = ids.findLastIndex((id) => !known.current.includes(id));
    known.current = ids;
    const line = list.current;
    const chip = line?.children[added];
    if (line === null || !(chip instanceof HTMLElement)) return;
    const right = chip.offsetLeft + chip.offsetWidth + EDGE_PX;
    line.scrollLeft = Math.min(chip.offsetLeft - EDGE_PX, Math.max(line.scrollLeft, right - line.clientWidth));
  }, [ids.join(" ")]);

  function roll(event: WheelEvent): void {
    const line = event.currentTarget as HTMLElement;
    if (event.ctrlKey || event.deltaX !== 0 || !guard.current.takes(event.timeStamp, false)) return;
    const before = line.scrollLeft;
    line.scrollLeft += event.deltaY;
    if (line.scrollLeft !== before) event.preventDefault(); // at its end the page goes on
  }

  return (
    <ul
      ref={list}
      aria-label="Examples"
      onPointerEnter={(event) => guard.current.entered(event.timeStamp)}
      onWheel={roll}
    >
      {parts.map((part) => (
        <Part key={part.id} store={store} part={part} />
      ))}
    </ul>
  );
}

function Part({ store, part }: { store: Store; part: QueryPart }) {
  const { id, kind, like, text, classes } = part;
  const used = classes.map((name) => name.split(",")[0]);
  const title = [
    `${like ? "Like" : "Unlike"} ${text}`,
    ...(classes.length > 0 ? [`The model's classes: ${classes.join("; ")}`] : []),
  ].join("\n");
  return (
    <li class={like ? "pt-part" : "pt-part pt-unlike"} title={title}>
      <Icon svg={like ? up : down} />
      {kind === "row" && <Thumb store={store} row={part.row} side_px={PICTURE_PX} />}
      {(kind === "image" || kind === "box") && <PartPicture store={store} part={id} side_px={PICTURE_PX} />}
      {kind === "rows" && <Icon svg={images} />}
      {kind === "text" || kind === "rows" || kind === "vector" ? (
        <span class="pt-part-text">{text}</span>
      ) : (
        <span class="pt-unseen">{text}</span>
      )}
      {used.length > 0 && (
        <span class="pt-part-text pt-soft">
          {used.length > 1 ? "classes " : "class "}
          {used.slice(0, CLASSES).join(", ")}
          {used.length > CLASSES ? ` +${used.length - CLASSES}` : ""}
        </span>
      )}
      <button
        type="button"
        class="pt-part-remove"
        title="Take this example away"
        aria-label={`Take away: ${like ? "like" : "unlike"} ${text}`}
        onClick={() => store.search.remove(id)}
      >
        <Icon svg={close} />
      </button>
    </li>
  );
}

const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);
