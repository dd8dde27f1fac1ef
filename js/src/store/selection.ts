/**
 * The selection: changed here at once, in the kernel a moment later.
 *
 * The kernel numbers all changes. What another client or Python did counts only if it is numbered after the last change
 * made here, so a message that comes late never brings an old selection back.
 */

import { batch, effect, type ReadonlySignal, signal } from "@preact/signals";
import { emptyMask, fullMask, maskFromBits, sameMask } from "../bitmask";
import { type Packed, packMask, type Received, take } from "../bytes";
import { type Link, Refused } from "../link";
import type { Outline, RowMask } from "../store";
import type { Picked } from "./timeline";

export interface Selection {
  readonly mask: ReadonlySignal<RowMask>;
  /** Selected rows the grid keeps on show while images are picked among them; null = all rows. */
  readonly shown: ReadonlySignal<RowMask | null>;
  readonly outline: ReadonlySignal<Outline | null>;
  readonly now: Picked;
  change(to: Picked): void;
  /** Tell the kernel of a selection under way, or of the one in force when it came to nothing; changes nothing here. */
  tell(mask: RowMask | null): void;
  close(): void;
}

/** A selection made outside the grid is what the grid shows, if there is any. */
export function seenFromOutside(mask: RowMask, outline: Outline | null = null): Picked {
  return { mask, shown: mask.count > 0 ? mask : null, outline };
}

/** What the grid shows travels only where the selection does not say it already. */
function packPicked({ mask, shown }: Picked): Packed[] {
  const usual = seenFromOutside(mask).shown;
  const same = shown === usual || (shown !== null && usual !== null && sameMask(shown, usual));
  return [packMask("mask", mask), ...(same ? [] : [packMask("shown", shown ?? fullMask(mask.n))])];
}

/** @throws WireError when the masks are not of n rows */
function readPicked(arrays: Map<string, Received>, n: number): Picked {
  const mask = maskFromBits(n, take(arrays, "mask", "bits", [n]));
  if (!arrays.has("shown")) return seenFromOutside(mask);
  const shown = maskFromBits(n, take(arrays, "shown", "bits", [n]));
  return { mask, shown: shown.count === n ? null : shown, outline: null };
}

/** @param onError what the kernel said when it refused a selection */
export function createSelection(link: Link, onError: (error: Refused) => void): Selection {
  const n = link.traits.n;
  const mask = signal(emptyMask(n.peek()));
  const shown = signal<RowMask | null>(null);
  const outline = signal<Outline | null>(null);
  let revision = 0;
  let unsent: Picked | null = null;
  let sending = false;
  let foreign: { revision: number; to: Picked } | null = null;

  function accept(to: Picked): void {
    batch(() => {
      mask.value = to.mask;
      shown.value = to.shown;
      outline.value = to.outline;
    });
  }

  function heard(theirs: { revision: number; to: Picked }): void {
    if (theirs.revision <= revision || theirs.revision <= (foreign?.revision ?? 0)) return;
    if (sending) {
      foreign = theirs;
      return;
    }
    revision = theirs.revision;
    accept(theirs.to);
  }

  /** One question at a time, always with the newest mask: a stream of changes cannot overtake itself. */
  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    let refused: Refused | null = null;
    while (unsent !== null && refused === null) {
      const sent = unsent;
      unsent = null;
      try {
        const { answer } = await link.ask("select", {}, { buffers: packPicked(sent) });
        revision = Math.max(revision, answer.revision);
      } catch (error) {
        refused = error as Refused;
      }
    }
    sending = false;
    unsent = null;
    const waiting = foreign;
    foreign = null;
    if (waiting !== null) heard(waiting);
    if (refused === null || refused.kind === "gone") return;
    onError(refused);
    // What is shown here never got there: whatever the kernel has, however old, is what counts.
    revision = -1;
    await recall();
  }

  /** Take over the kernel's selection, unless something newer happened meanwhile. */
  async function recall(): Promise<void> {
    try {
      const { answer, arrays } = await link.ask("selection", {});
      heard({ revision: answer.revision, to: readPicked(arrays, n.peek()) });
    } catch (error) {
      onError(error instanceof Refused ? error : new Refused("protocol", (error as Error).message));
    }
  }

  link.on("selection", (params, arrays) => {
    if (params.client === link.client) return;
    heard({ revision: params.revision, to: readPicked(arrays, n.peek()) });
  });

  const close = effect(() => {
    if (mask.peek().n !== n.value) accept(seenFromOutside(emptyMask(n.value)));
  });
  if (link.traits.selected.peek().revision > 0) void recall();

  const now = (): Picked => ({ mask: mask.peek(), shown: shown.peek(), outline: outline.peek() });
  return {
    mask,
    shown,
    outline,
    get now() {
      return now();
    },
    tell(rows) {
      unsent = rows === null ? now() : seenFromOutside(rows);
      void send();
    },
    change(to) {
      // Sent before the views work on it: with a million rows they take longer than the way to the kernel.
      unsent = to;
      void send();
      accept(to);
    },
    close,
  };
}
