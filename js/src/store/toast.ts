/** One sentence that goes away by itself. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Refused } from "../link";
import type { Store } from "../store";

type Said = Store["toast"]["value"];

const INFO_MS = 4000;
const ERROR_MS = 10_000;

export interface Toast {
  readonly said: ReadonlySignal<Said>;
  info(text: string): void;
  say(text: string, kind: "info" | "error"): void;
  /** @param what what did not work, in words; the kernel's own sentence follows */
  error(what: string, error: Refused): void;
  clear(): void;
}

export function createToast(): Toast {
  const said = signal<Said>(null);
  let timer: ReturnType<typeof setTimeout> | null = null;
  const say = (next: Said, for_ms: number) => {
    if (timer !== null) clearTimeout(timer);
    said.value = next;
    timer = next === null ? null : setTimeout(() => say(null, 0), for_ms);
  };
  return {
    said,
    info: (text) => say({ text, kind: "info", detail: "" }, INFO_MS),
    say: (text, kind) => say({ text, kind, detail: "" }, kind === "info" ? INFO_MS : ERROR_MS),
    error(what, { kind, message, detail }) {
      if (kind === "cancelled" || kind === "gone") return;
      say({ text: `${what}: ${message}`, kind: "error", detail }, ERROR_MS);
    },
    clear: () => say(null, 0),
  };
}
