/** Searches: asked of the kernel, which keeps the rounds; `traits.query` says which is in force. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Packed, packMask, take } from "../bytes";
import type { Link, Refused } from "../link";
import type { AskedPart } from "../protocol.gen";
import type { RowMask } from "../store";
import type { Timeline } from "./timeline";

/** What images are to be like, or unlike: one image, the centre of several, a sentence, an image file, a part of one. */
export type Example = { readonly like: boolean } & (
  | { readonly kind: "row"; readonly row: number }
  | { readonly kind: "rows"; readonly rows: RowMask }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: "box"; readonly row: number; readonly box: readonly [number, number, number, number] }
);

export interface Search {
  /** True while an answer takes long enough that one wants to know, and may cancel. */
  readonly working: ReadonlySignal<boolean>;
  /** Why the last search was not answered; "" when it was. */
  readonly failed: ReadonlySignal<string>;
  /** Whether what is typed or given as a file is looked for among the selected images only. */
  readonly only: Signal<boolean>;
  /** Rank the images by these examples alone, or by those of the round in force as well; all of them, or only those of
   * `among`. True once it is done. */
  ask(examples: readonly Example[], how: "anew" | "add", among?: RowMask | null): Promise<boolean>;
  /** Look among all images again. */
  widen(): void;
  /** Say something about a search that could not be begun. */
  fail(why: string): void;
  dismiss(): void;
  /** Make an image an example, turn it from liked to unliked, or take it away where it is that already. */
  judge(row: number, like: boolean): void;
  remove(part: string): void;
  /** Go to a round by its id; 0 ends the search. True once it is done. */
  go(round: number): Promise<boolean>;
  cancel(): void;
  /** While a question of this browser is not answered: ends when what it did is known to undo. */
  readonly pending: Promise<unknown> | null;
  /** Address of the small picture of an uploaded image or a box; whoever asks revokes it. */
  picture(part: string): Promise<string>;
}

const LONG_MS = 700;

export function createSearch(link: Link, past: Timeline): Search {
  const { query } = link.traits;
  const only = signal(false);
  const working = signal(false);
  const failed = signal("");
  let asked: AbortController | null = null;
  let pending: Promise<unknown> | null = null;
  let round = query.peek().id;
  query.subscribe(({ id }) => {
    if (id !== round) failed.value = ""; // what was refused before another round, Python's too, is over
    round = id;
  });

  /** One question at a time: a new one takes the one before back. */
  async function answered<T>(question: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    asked?.abort();
    const mine = new AbortController();
    asked = mine;
    const long = setTimeout(() => {
      working.value = true;
    }, LONG_MS);
    try {
      const answer = await question(mine.signal);
      if (asked === mine) failed.value = "";
      return answer;
    } catch (error) {
      const { kind, message } = error as Refused;
      if (asked === mine && kind !== "cancelled") failed.value = message;
      return null;
    } finally {
      clearTimeout(long);
      if (asked === mine) {
        asked = null;
        working.value = false;
      }
    }
  }

  function rank(parts: AskedPart[], buffers: Packed[], within: "all" | "same" | "these"): Promise<boolean> {
    return step((signal) => link.ask("rank", { parts, within }, { buffers, signal }).then(({ answer }) => answer.id));
  }

  const kept = () => query.peek().parts.map(({ id, kind, like }): AskedPart => ({ id, kind, like }));

  function move(round: number): Promise<boolean> {
    return step((signal) => link.ask("to_round", { id: round }, { signal }).then(() => round));
  }

  /** A question that puts another round in force, its id; noted for undo. */
  function step(question: (signal: AbortSignal) => Promise<number>): Promise<boolean> {
    const before = query.peek().id;
    const done = answered(question).then((after) => {
      if (after !== null) past.did({ kind: "round", before, after });
      return after !== null;
    });
    const mine: Promise<boolean> = done.finally(() => {
      if (pending === mine) pending = null;
    });
    pending = mine;
    return mine;
  }

  function without(part: string): void {
    const rest = kept().filter(({ id }) => id !== part);
    void (rest.length === 0 ? move(0) : rank(rest, [], "same"));
  }

  return {
    working,
    failed,
    only,
    ask(examples, how, among = null) {
      const buffers: Packed[] = [];
      const parts = examples.map((example, i) => asPart(example, `part ${i}`, buffers));
      if (among !== null) buffers.push(packMask("within", among));
      const within = among !== null ? "these" : how === "add" ? "same" : "all";
      const done = rank(how === "add" ? [...kept(), ...parts] : parts, buffers, within);
      void done.then((answered) => {
        if (answered && among !== null) only.value = false; // the next search chooses for itself
      });
      return done;
    },
    widen() {
      void rank(kept(), [], "all");
    },
    fail(why) {
      failed.value = why;
    },
    dismiss() {
      failed.value = "";
    },
    judge(row, like) {
      const known = query.peek().parts.find((part) => part.kind === "row" && part.row === row);
      if (known?.like === like) return without(known.id);
      const rest = kept().filter(({ id }) => id !== known?.id);
      void rank([...rest, { id: "", kind: "row", like, row }], [], query.peek().id === 0 ? "all" : "same");
    },
    remove: without,
    go: move,
    cancel() {
      asked?.abort();
    },
    get pending() {
      return pending;
    },
    async picture(part) {
      const { arrays } = await link.ask("part_picture", { part });
      return URL.createObjectURL(new Blob([take(arrays, "picture", "u8").slice()]));
    },
  };
}

function asPart(example: Example, buffer: string, buffers: Packed[]): AskedPart {
  const { kind, like } = example;
  const part: AskedPart = { id: "", kind, like };
  switch (example.kind) {
    case "row":
      return { ...part, row: example.row };
    case "box":
      return { ...part, row: example.row, box: [...example.box] };
    case "text":
      return { ...part, text: example.text };
    case "rows":
      buffers.push(packMask(buffer, example.rows));
      return { ...part, buffer };
    default:
      buffers.push({ about: { name: buffer, dtype: "u8", shape: [example.bytes.length] }, bytes: example.bytes });
      return { ...part, buffer, text: example.name };
  }
}
