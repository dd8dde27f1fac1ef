/** A tool that opens a small box beside itself, over all that is on the page: a press elsewhere or Escape closes it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon";

const EDGE_PX = 8;

interface BoxProps {
  icon: string;
  name: string;
  hint: string;
  /** What the box holds: fields, or more tools, which stay while it is closed: one may be at work. */
  holds?: "fields" | "more";
  /** Something in the box is set that is not so by itself. */
  pressed?: boolean;
  /** What was asked for in the box is being done; it cannot be opened until that is over. */
  busy?: boolean;
  children: (close: () => void) => ComponentChildren;
}

/** Over the tool, or under it where the page ends above: a low map would cut the box off. */
function place(field: HTMLElement, tool: DOMRect, map: DOMRect): void {
  const { clientWidth, clientHeight } = document.documentElement;
  const { offsetWidth: width, offsetHeight: height } = field;
  const inMap = Math.max(map.left + EDGE_PX, Math.min(tool.left, map.right - EDGE_PX - width));
  const left = Math.max(EDGE_PX, Math.min(inMap, clientWidth - EDGE_PX - width));
  const isOver = tool.top - EDGE_PX - height >= 0;
  const top = Math.max(EDGE_PX, Math.min(tool.bottom + EDGE_PX, clientHeight - EDGE_PX - height));
  field.style.inset = isOver
    ? `auto auto ${clientHeight - tool.top + EDGE_PX}px ${left}px`
    : `${top}px auto auto ${left}px`;
}

export function ToolBox({ icon, name, hint, holds = "fields", pressed, busy = false, children }: BoxProps) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const close = () => {
    open.value = false;
    box.current?.querySelector("button")?.focus();
  };

  useLayoutEffect(() => {
    const field = box.current?.querySelector<HTMLElement>(".pt-map-box");
    const map = field?.closest(".pt-map");
    // A browser that knows no popovers shows it in the map.
    if (!field?.showPopover || !map) return;
    if (!open.value) {
      if (field.matches(":popover-open")) field.hidePopover();
      return;
    }
    field.showPopover();
    place(field, (box.current as HTMLElement).getBoundingClientRect(), map.getBoundingClientRect());
  }, [open.value]);

  useLayoutEffect(() => {
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
    // The page moves the tool, and not the box.
    const onScroll = (event: Event) => {
      const moved = root instanceof ShadowRoot ? root.host : box.current;
      if ((event.target as Node).contains(moved)) open.value = false;
    };
    const ends = new AbortController();
    root.addEventListener("pointerdown", onDown, { capture: true, signal: ends.signal });
    box.current?.addEventListener("keydown", onKey, { signal: ends.signal });
    window.addEventListener("scroll", onScroll, { capture: true, signal: ends.signal });
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
      {(open.value || holds === "more") && (
        <fieldset class={`pt-map-box pt-map-${holds}`} popover="manual" hidden={!open.value} aria-label={name}>
          {children(close)}
        </fieldset>
      )}
    </div>
  );
}
