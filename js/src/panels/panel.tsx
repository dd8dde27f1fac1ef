/** The place of the side panel that is open: slides over the grid side, takes the focus and gives it back to the rail. */

import close from "lucide-static/icons/x.svg";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../store";
import { IconButton } from "../ui/icon";
import type { View } from "../ui/view";
import { PANELS, type PanelInfo } from "./panels";

/** As long as the slide in panels.css. */
const SLIDE_MS = 160;

export function SidePanel({ store, view }: { store: Store; view: View }) {
  const open = PANELS.find(({ id }) => id === view.panel.value) ?? null;
  const leaving = useLeaving(open);
  const info = open ?? leaving;
  return info === null ? null : <Frame key={info.id} store={store} view={view} info={info} leaves={open === null} />;
}

/** The panel that was closed, while it slides out. */
function useLeaving(open: PanelInfo | null): PanelInfo | null {
  const [leaving, setLeaving] = useState<PanelInfo | null>(null);
  useLayoutEffect(() => {
    if (open !== null) {
      setLeaving(open);
      return;
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const timer = setTimeout(() => setLeaving(null), still ? 0 : SLIDE_MS);
    return () => clearTimeout(timer);
  }, [open]);
  return leaving;
}

interface FrameProps {
  store: Store;
  view: View;
  info: PanelInfo;
  leaves: boolean;
}

function Frame({ store, view, info: { id, name, Body }, leaves }: FrameProps) {
  const panel = useRef<HTMLElement>(null);

  // Before the next painting: there a browser takes the focus from what is inert.
  useLayoutEffect(() => {
    if (leaves) return;
    panel.current?.focus({ preventScroll: true });
    return () => {
      if (panel.current?.contains((view.root.getRootNode() as Document | ShadowRoot).activeElement))
        view.root.querySelector<HTMLElement>(`.pt-rail [data-panel="${id}"]`)?.focus({ preventScroll: true });
    };
  }, [view, id, leaves]);

  function dismiss(): void {
    view.panel.value = null;
  }

  return (
    <section
      ref={panel}
      class={leaves ? "pt-panel pt-panel-leaves" : "pt-panel"}
      aria-label={name}
      inert={leaves}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        dismiss();
      }}
    >
      <div class="pt-panel-head">
        <h2>{name}</h2>
        <IconButton svg={close} name={`Close ${name}`} hint="Close (Esc)" onClick={dismiss} />
      </div>
      <div class="pt-panel-body">
        <Body store={store} view={view} />
      </div>
    </section>
  );
}
