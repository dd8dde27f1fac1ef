/** A tool that opens a small box over the tools: a press elsewhere or Escape closes it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon";

const EDGE_PX = 8;

interface BoxProps {
  icon: string;
  name: string;
  hint: string;
  /** Something in the box is set that is not so by itself. */
  pressed?: boolean;
  /** What was asked for in the box is being done; it cannot be opened until that is over. */
  busy?: boolean;
  children: (close: () => void) => ComponentChildren;
}

export function ToolBox({ icon, name, hint, pressed, busy = false, children }: BoxProps) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const close = () => {
    open.value = false;
    box.current?.querySelector("button")?.focus();
  };

  // On a low map it scrolls rather than being cut off at the top.
  useLayoutEffect(() => {
    const field = box.current?.querySelector<HTMLElement>(".pt-map-box");
    const map = field?.closest(".pt-map");
    if (!field || !map) return;
    const room = field.getBoundingClientRect().bottom - map.getBoundingClientRect().top - EDGE_PX;
    field.style.maxHeight = `${Math.max(0, Math.floor(room))}px`;
  }, [open.value]);

  useEffect(() => {
    if (!open.value) return;
    const root = box.current?.getRootNode() as Document | ShadowRoot;
    const onDown = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) open.value = false;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    const ends = new AbortController();
    root.addEventListener("pointerdown", onDown, { capture: true, signal: ends.signal });
    box.current?.addEventListener("keydown", onKey, { signal: ends.signal });
    return () => ends.abort();
  }, [open.value, open]);

  return (
    <div ref={box}>
      <div class="pt-map-toolgroup">
        <button
          type="button"
          class="pt-map-tool"
          title={hint}
          aria-label={name}
          aria-expanded={open.value}
          aria-pressed={pressed}
          aria-busy={busy}
          onClick={() => {
            open.value = !open.peek() && !busy;
          }}
        >
          <Icon svg={icon} />
        </button>
      </div>
      {open.value && (
        <fieldset class="pt-map-box" aria-label={name}>
          {children(close)}
        </fieldset>
      )}
    </div>
  );
}
