/** The store behind all views of one widget, on one link. */

import { computed, effect, signal } from "@preact/signals";
import { combined, emptyMask, fullMask, maskOf, sameMask, without } from "../bitmask";
import { packMask, take } from "../bytes";
import { type Link, Refused } from "../link";
import type { DetailsAnswer } from "../protocol.gen";
import type { Column, RowMask, Store } from "../store";
import { createClusters } from "./clusters";
import { createColumns } from "./columns";
import { encoderActions } from "./encoders";
import { FIRST_HAND } from "./hand";
import { createHidden } from "./hidden";
import { mapFirst } from "./map_first";
import { mapActions } from "./maps";
import { orderOf, sortedRows } from "./order";
import { createSearch } from "./search";
import { createSelection, seenFromOutside } from "./selection";
import { createThumbs } from "./thumbs";
import { type Picked, timeline } from "./timeline";
import { createToast } from "./toast";

const malformed = (error: unknown) => new Refused("protocol", (error as Error).message);

/** Rows whose details are kept, so that a hover card shows at once the second time. */
const DETAILS_KEPT = 500;

export interface OwnedStore extends Store {
  /** End everything the store started; the link is closed with it. */
  close(): void;
}

export function createStore(link: Link, decode?: (picture: Blob) => Promise<ImageBitmap>): OwnedStore {
  const { traits } = link;
  const toast = createToast();
  const columns = createColumns(link, toast.error);
  const selection = createSelection(link, (error) => toast.error("The selection did not reach the kernel", error));
  const thumbs = createThumbs(link, (error) => toast.error("Thumbnails could not be fetched", error), decode);
  const first = mapFirst(traits.layouts.peek().some(({ name }) => name === traits.layout_name.peek()));
  const past = timeline();
  const search = createSearch(link, past);
  const filtered = createHidden(link, columns.column);
  const { hidden } = filtered;
  const preview = signal<RowMask | null>(null);
  /** Whether the kernel was told of a selection under way that is not in force here. */
  let live = false;
  const hovered = signal(-1);
  const clusters = createClusters(
    link,
    toast,
    (words) => past.did({ kind: "clusters", words }),
    (column) => link.set("color_by", column),
  );
  const aim = signal<Store["aim"]["value"]>(null);
  let lastHand = FIRST_HAND;
  const focused = signal<Store["focused"]["value"]>({ row: -1, from: "kernel" });
  const kept = new Map<number, Promise<DetailsAnswer>>();

  let lastColor: Column | null = null;
  const color = computed(() => {
    const name = traits.color_by.value;
    const column = name === null ? null : columns.column(name).value;
    // While a column is on its way the points keep their colours.
    const isComing = column === null && traits.columns.value.some((info) => info.name === name);
    if (!isComing) lastColor = column;
    return lastColor;
  });
  let lastSorted: Uint32Array | null = null;
  const sorted = computed(() => {
    const name = traits.sort_by.value;
    const column = name === null ? null : columns.column(name).value;
    // While a column is on its way the images stay where they are.
    if (column !== null || name === null)
      lastSorted = column === null ? null : sortedRows(column, traits.sort_descending.value);
    return lastSorted;
  });
  const order = computed(() => {
    const shown = selection.shown.value;
    const taken = hidden.value;
    const rows = taken === null ? shown : without(shown ?? fullMask(taken.n), taken);
    return orderOf(traits.n.value, rows, sorted.value);
  });

  const closers = [
    effect(() => {
      if (link.defect.value !== "")
        toast.error("A message of the kernel was dropped", new Refused("protocol", link.defect.value));
    }),
    effect(() => {
      traits.columns.value;
      traits.tags.value;
      traits.n.value;
      kept.clear();
    }),
  ];

  link.on("camera", ({ camera }) => {
    aim.value = { camera };
  });

  const select: Store["select"] = (rows, mode, from) => {
    const before = selection.now;
    const outline = from === undefined || from === "grid" ? null : from;
    const picked = without("bits" in rows ? rows : maskOf(traits.n.peek(), rows), hidden.peek());
    const mask = combined(outline?.base ?? before.mask, picked, mode);
    change(from === "grid" && mask.count > 0 ? { ...before, mask } : seenFromOutside(mask, outline));
  };

  function change(after: Picked): void {
    const before = selection.now;
    const same = sameMask(before.mask, after.mask) && before.shown?.count === after.shown?.count;
    if (same && before.outline === after.outline) return;
    live = false;
    past.did({ kind: "selection", before, after });
    selection.change(after);
  }

  async function near(row: number, k: number): Promise<{ rows: Uint32Array; distances: Float32Array }> {
    const { arrays } = await link.ask("neighbours", { row, k });
    const rows = take(arrays, "rows", "u32");
    return { rows, distances: take(arrays, "distances", "f32", [rows.length]) };
  }

  async function travel(direction: "undo" | "redo"): Promise<void> {
    // What a search did shows before its answer comes, and it is what one wants to undo then.
    if (search.pending !== null) await search.pending;
    const step = direction === "undo" ? past.back() : past.forward();
    if (step?.kind === "selection") {
      selection.change(direction === "undo" ? step.before : step.after);
      return;
    }
    if (step?.kind === "filters") {
      link.set("filters", [...(direction === "undo" ? step.before : step.after)]);
      return;
    }
    if (step?.kind === "clusters") {
      try {
        toast.info((await link.ask("step_clusters", { direction })).answer.said);
      } catch (error) {
        toast.error(direction === "undo" ? "Nothing was undone" : "Nothing was redone", error as Refused);
      }
      return;
    }
    if (step?.kind === "round") {
      // Straight to the kernel: a step of undo is no new step.
      const id = direction === "undo" ? step.before : step.after;
      link.ask("to_round", { id }).catch((error) => toast.error("The search cannot be gone back to", error));
      return;
    }
    if (step === null && traits.history.peek()[direction] === null) return;
    try {
      const { answer } = await link.ask(direction, {});
      toast.info(answer.said);
    } catch (error) {
      toast.error(direction === "undo" ? "Nothing was undone" : "Nothing was redone", error as Refused);
    }
  }

  return {
    ...encoderActions(link),
    ...mapActions(link, toast),
    traits,
    set: link.set,
    connection: link.connection,
    layout: columns.layout,
    isMapFirst: first.isMapFirst,
    mapPainted: first.mapPainted,
    color,
    column: columns.column,
    ahead: columns.ahead,
    clusters,
    filters: filtered.filters,
    hidden,
    setFilters(filters, done = true) {
      filtered.draft(done ? null : filters);
      if (!done) return;
      const before = traits.filters.peek();
      if (JSON.stringify(before) === JSON.stringify(filters)) return;
      past.did({ kind: "filters", before, after: filters });
      link.set("filters", [...filters]);
    },

    selection: selection.mask,
    shown: selection.shown,
    preview,
    setPreview(rows) {
      preview.value = rows;
      if (rows !== null && traits.live_selection.peek()) {
        live = true;
        selection.tell(rows);
      } else if (live) {
        live = false;
        selection.tell(null);
      }
    },
    select,
    outline: selection.outline,
    dropOutline() {
      if (selection.outline.peek() !== null) change({ ...selection.now, outline: null });
    },
    invertSelection() {
      select(without(fullMask(traits.n.peek()), selection.mask.peek()), "replace");
    },
    selectShown() {
      select(selection.shown.peek() ?? fullMask(traits.n.peek()), "replace", "grid");
    },
    clearSelection() {
      select(emptyMask(traits.n.peek()), "replace");
    },
    undo: () => void travel("undo"),
    redo: () => void travel("redo"),
    next: computed(() => {
      const { undo, redo } = past.next.value;
      const of = { selection: "the last selection", filters: "the last filter", round: "the last search" };
      const words = (step: typeof undo, kernel: string | null) =>
        step === null || step.kind === "tag" ? kernel : step.kind === "clusters" ? step.words : of[step.kind];
      return { undo: words(undo, traits.history.value.undo), redo: words(redo, traits.history.value.redo) };
    }),

    hovered,
    hover(row) {
      hovered.value = row;
    },
    focused,
    focus(row, from) {
      focused.value = { row, from };
    },
    order,

    thumbs,
    search,
    details(row) {
      const known = kept.get(row);
      if (known !== undefined) return known;
      const answer = link.ask("details", { row }).then((answered) => answered.answer);
      kept.set(row, answer);
      answer.catch(() => kept.delete(row));
      if (kept.size > DETAILS_KEPT) kept.delete(kept.keys().next().value as number);
      return answer;
    },
    async picture(row, maxPx, signal) {
      const { answer, arrays } = await link.ask("picture", { row, max_px: maxPx }, signal ? { signal } : {});
      return { url: URL.createObjectURL(new Blob([take(arrays, "picture", "u8").slice()])), answer };
    },
    nearest: (row, k) => near(row, k).catch(() => null),
    async neighbours(row, k) {
      try {
        return await near(row, k);
      } catch (error) {
        toast.error("The nearest images cannot be shown", error instanceof Refused ? error : malformed(error));
        return null;
      }
    },
    async failures(limit) {
      return (await link.ask("failures", { limit })).answer;
    },
    async missing(limit) {
      return (await link.ask("missing", { limit })).answer;
    },

    async tag(name, action, rows = selection.mask.peek()) {
      try {
        const { answer } = await link.ask("tag", { tag: name, action }, { buffers: [packMask("mask", rows)] });
        if (answer.changed > 0) past.did({ kind: "tag" });
        toast.info(answer.said);
        return true;
      } catch (error) {
        toast.error(action === "add" ? `"${name}" was not added` : `"${name}" was not removed`, error as Refused);
        return false;
      }
    },
    cancelRun(run) {
      link.ask("cancel_run", { run }).catch((error) => toast.error("The run was not cancelled", error));
    },
    retryRun(run) {
      link.ask("retry_run", { run }).catch((error) => toast.error("The run was not started again", error));
    },
    startFresh() {
      link.ask("start_fresh", {}).catch((error) => toast.error("The view is as it was", error));
    },
    toast: toast.said,
    say: toast.say,
    dismissToast: toast.clear,

    get lastHand() {
      return lastHand;
    },
    takeInHand: (hand) => {
      lastHand = hand;
    },
    aim,
    zoomTo(rows) {
      aim.value = { rows: "bits" in rows ? rows : maskOf(traits.n.peek(), rows) };
    },
    close() {
      for (const close of closers) close();
      columns.close();
      first.close();
      selection.close();
      thumbs.close();
      toast.clear();
      kept.clear();
      link.close();
    },
  };
}
