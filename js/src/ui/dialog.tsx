/** A panel over the panes: takes the focus, gives it back, goes with Escape or a click beside it. */

import close from "lucide-static/icons/x.svg";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "./icon";
import { isOfTheHost } from "./keys";
import type { View } from "./view";

interface DialogProps {
  view: View;
  title: string;
  /** Beside the title. */
  extra?: ComponentChildren;
  class?: string;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
}

const FOCUSABLE = "button:not(:disabled), [href], input:not(:disabled), select, summary, [tabindex='0']";

export function Dialog({ view, title, extra, class: kind, onKeyDown, children }: DialogProps) {
  const panel = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const before = (view.root.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement | null;
    panel.current?.focus({ preventScroll: true });
    return () => {
      const back =
        before?.isConnected && view.root.contains(before) ? before : view.root.querySelector<HTMLElement>(".pt-grid");
      back?.focus({ preventScroll: true });
    };
  }, [view]);

  function dismiss(): void {
    view.overlay.value = null;
  }

  function onKey(event: KeyboardEvent): void {
    if (isOfTheHost(event)) return;
    if (event.key === "Escape") dismiss();
    else if (event.key === "Tab") keepInside(event, event.currentTarget as HTMLElement);
    else {
      onKeyDown?.(event);
      event.stopPropagation();
      return;
    }
    event.stopPropagation();
  }

  return (
    <div
      class="pt-veil"
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) {
          event.preventDefault();
          dismiss();
        }
      }}
    >
      <div
        ref={panel}
        class={`pt-dialog ${kind ?? ""}`}
        role="dialog"
        aria-modal="true"
        aria-label={title}
        tabIndex={-1}
        onKeyDown={onKey}
      >
        <div class="pt-dialog-head">
          <h2 title={title}>{title}</h2>
          {extra}
          <IconButton svg={close} name="Close" hint="Close (Esc)" onClick={dismiss} />
        </div>
        {children}
      </div>
    </div>
  );
}

function keepInside(event: KeyboardEvent, panel: HTMLElement): void {
  const stops = [...panel.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const [first, last] = [stops[0], stops.at(-1)];
  if (first === undefined || last === undefined) return;
  const active = (panel.getRootNode() as Document | ShadowRoot).activeElement;
  if (event.shiftKey && (active === first || active === panel)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && active === last) {
    event.preventDefault();
    first.focus();
  }
}
