/**
 * The selection: changed here at once, in the kernel a moment later.
 *
 * The kernel numbers all changes. What another client or Python did counts only if it is numbered after the last change
 * made here, so a message that comes late never brings an old selection back.
 */

import { batch, effect, type ReadonlySignal, signal } from "@preact/signals";
import { emptyMask, maskFromBits, sameMask } from "../bitmask";
import { packMask, take } from "../bytes";
import { type Link, Refused } from "../link";
import type { RowMask } from "../store";
import type { Picked } from "./timeline";

export interface Selection {
  readonly mask: ReadonlySignal<RowMask>;
  /** Selected rows the grid keeps on show while images are picked among them; null = all rows. */
  readonly shown: ReadonlySignal<RowMask | null>;
  change(to: Picked): void;
  close(): void;
}

/** A selection made outside the grid is what the grid shows, if there is any. */
export function seenFromOutside(mask: RowMask): Picked {
  return { mask, shown: mask.count > 0 ? mask : null };
}

/** @param onError what the kernel said when it refused a selection */
export function createSelection(link: Link, onError: (error: Refused) => void): Selection {
  const n = link.traits.n;
  const mask = signal(emptyMask(n.peek()));
  const shown = signal<RowMask | null>(null);
  let revision = 0;
  let unsent: RowMask | null = null;
  let sending = false;
  let foreign: { revision: number; mask: RowMask } | null = null;

  function accept(to: Picked): void {
    batch(() => {
      mask.value = to.mask;
      shown.value = to.shown;
    });
  }

  function heard(theirs: { revision: number; mask: RowMask }): void {
    if (theirs.revision <= revision || theirs.revision <= (foreign?.revision ?? 0)) return;
    if (sending) {
      foreign = theirs;
      return;
    }
    revision = theirs.revision;
    if (!sameMask(mask.peek(), theirs.mask)) accept(seenFromOutside(theirs.mask));
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
        const { answer } = await link.ask("select", {}, { buffers: [packMask("mask", sent)] });
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
      const bits = take(arrays, "mask", "bits", [n.peek()]);
      heard({ revision: answer.revision, mask: maskFromBits(n.peek(), bits) });
    } catch (error) {
      onError(error instanceof Refused ? error : new Refused("protocol", (error as Error).message));
    }
  }

  link.on("selection", (params, arrays) => {
    if (params.client === link.client) return;
    heard({ revision: params.revision, mask: maskFromBits(n.peek(), take(arrays, "mask", "bits", [n.peek()])) });
  });

  const close = effect(() => {
    if (mask.peek().n !== n.value) accept(seenFromOutside(emptyMask(n.value)));
  });
  if (link.traits.selected.peek().revision > 0) void recall();

  return {
    mask,
    shown,
    change(to) {
      accept(to);
      unsent = to.mask;
      void send();
    },
    close,
  };
}
