/** Thumbnails: the rows on screen are asked for in batches, newest screen first, decoded, and kept while there is room. */

import { effect, signal } from "@preact/signals";
import { packRows, take, WireError } from "../bytes";
import { type Link, Refused } from "../link";
import { MAX_THUMBS } from "../protocol.gen";
import type { Thumbs } from "../store";
import { recent } from "./recent";

/** Pictures as bitmaps, and as the bytes they are made from again without the kernel. */
const BITMAP_BYTES = 160e6;
const ENCODED_BYTES = 64e6;

/** The first pictures of a new screen come in a small batch, so that something is there at once. */
const FIRST_BATCH = 12;
const BATCH = Math.min(48, MAX_THUMBS);
const IN_FLIGHT = 3;

/** While somebody scrolls fast, wishes change with every frame; this many milliseconds are waited between questions. */
const PAUSE_MS = 40;
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;

interface Batch {
  readonly rows: Set<number>;
  readonly abort: AbortController;
}

export interface ThumbsStore extends Thumbs {
  close(): void;
}

/**
 * @param onError said once when pictures stop coming, not at every retry
 * @param decode makes a bitmap of encoded bytes
 */
export function createThumbs(
  link: Link,
  onError: (error: Refused) => void,
  decode: (picture: Blob) => Promise<ImageBitmap> = createImageBitmap,
): ThumbsStore {
  const wishes = new Map<symbol, Uint32Array>();
  const wanted = new Set<number>();
  const bitmaps = recent<ImageBitmap>(
    BITMAP_BYTES,
    (bitmap) => bitmap.width * bitmap.height * 4,
    (row) => wanted.has(row),
    (bitmap) => bitmap.close(),
  );
  const encoded = recent<Blob>(ENCODED_BYTES, (blob) => blob.size);
  const reasons = new Map<number, string>();
  const decoding = new Set<number>();
  const batches = new Set<Batch>();
  const arrived = signal(0);
  let unreadable = 0;
  let fresh = true;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let pausedUntil = 0;
  let announced = false;
  let closed = false;

  /** Several views' pictures are told of together, before the next frame. */
  function announce(): void {
    if (announced || closed) return;
    announced = true;
    queueMicrotask(() => {
      announced = false;
      arrived.value++;
    });
  }

  async function show(row: number, picture: Blob): Promise<void> {
    if (decoding.has(row) || bitmaps.has(row)) return;
    decoding.add(row);
    try {
      const bitmap = await decode(picture);
      if (closed) bitmap.close();
      else bitmaps.set(row, bitmap);
    } catch {
      reasons.set(row, "the browser cannot show this picture");
    }
    decoding.delete(row);
    announce();
  }

  function missing(row: number): boolean {
    if (bitmaps.has(row) || reasons.has(row) || decoding.has(row)) return false;
    for (const batch of batches) if (batch.rows.has(row)) return false;
    return true;
  }

  function schedule(wait_ms: number): void {
    if (timer !== null || closed) return;
    timer = setTimeout(() => {
      timer = null;
      pump();
    }, wait_ms);
  }

  function pump(): void {
    if (closed || link.connection.peek().state === "gone" || link.connection.peek().state === "version") return;
    const wait_ms = pausedUntil - performance.now();
    if (wait_ms > 0) {
      schedule(wait_ms);
      return;
    }
    while (batches.size < IN_FLIGHT) {
      const rows: number[] = [];
      for (const row of wanted) {
        if (rows.length === (fresh ? FIRST_BATCH : BATCH)) break;
        const bytes = encoded.get(row);
        if (bytes !== undefined) void show(row, bytes);
        else if (missing(row)) rows.push(row);
      }
      if (rows.length === 0) return;
      fresh = false;
      void fetch(rows);
    }
    pausedUntil = performance.now() + PAUSE_MS;
  }

  async function fetch(rows: number[]): Promise<void> {
    const batch: Batch = { rows: new Set(rows), abort: new AbortController() };
    batches.add(batch);
    try {
      const { answer, arrays } = await link.ask(
        "thumbs",
        {},
        { buffers: [packRows("rows", Uint32Array.from(rows))], signal: batch.abort.signal },
      );
      unfold(rows, answer.lengths, answer.reasons, take(arrays, "pictures", "u8"));
      failures = 0;
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused("protocol", (error as Error).message);
      if (refused.kind !== "cancelled" && refused.kind !== "gone") {
        if (failures === 0) onError(refused);
        pausedUntil = performance.now() + Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures);
        failures++;
      }
    }
    batches.delete(batch);
    announce();
    pump();
  }

  /** @throws WireError when lengths, reasons and bytes do not go together */
  function unfold(rows: number[], lengths: number[], said: string[], pictures: Uint8Array): void {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (lengths.length !== rows.length || said.length !== rows.length || total !== pictures.length) {
      throw new WireError(
        `${rows.length} thumbnails were asked for; the answer has ${lengths.length} lengths of ${total} bytes ` +
          `in ${pictures.length}, and ${said.length} reasons`,
      );
    }
    let at = 0;
    rows.forEach((row, i) => {
      const length = lengths[i] as number;
      if (length === 0) reasons.set(row, said[i] || "the image could not be read");
      else {
        const picture = new Blob([pictures.slice(at, at + length)]);
        encoded.set(row, picture);
        if (wanted.has(row)) void show(row, picture);
      }
      at += length;
    });
  }

  const closers = [
    effect(() => {
      if (link.connection.value.state === "ok") pump();
    }),
    // Fewer failures: a retried run has read what could not be read before.
    effect(() => {
      const now = link.traits.failures.value;
      if (now < unreadable) {
        reasons.clear();
        announce();
        schedule(0);
      }
      unreadable = now;
    }),
  ];

  return {
    arrived,
    get: (row) => bitmaps.get(row) ?? reasons.get(row) ?? null,
    want(viewer, rows) {
      wishes.delete(viewer);
      if (rows.length > 0) wishes.set(viewer, Uint32Array.from(rows));
      const before = new Set(wanted);
      wanted.clear();
      for (const wish of [...wishes.values()].reverse()) for (const row of wish) wanted.add(row);
      for (const batch of batches) if (![...batch.rows].some((row) => wanted.has(row))) batch.abort.abort();
      if (batches.size === 0 && [...wanted].every((row) => !before.has(row))) fresh = true;
      pump();
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      for (const close of closers) close();
      for (const batch of batches) batch.abort.abort();
      wishes.clear();
      wanted.clear();
      bitmaps.clear();
      encoded.clear();
    },
  };
}
