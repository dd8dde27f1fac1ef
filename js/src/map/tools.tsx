/** The map's tools: what a drag does, zoom and fit. */

import handIcon from "lucide-static/icons/hand.svg";
import lassoIcon from "lucide-static/icons/lasso.svg";
import fitIcon from "lucide-static/icons/maximize.svg";
import minusIcon from "lucide-static/icons/minus.svg";
import plusIcon from "lucide-static/icons/plus.svg";
import boxIcon from "lucide-static/icons/square-dashed.svg";
import { render } from "preact";
import { Icon } from "../ui/icon";
import type { Tool, ViewState } from "./view_state";

const TOOLS: readonly { tool: Tool; icon: string; name: string; key: string }[] = [
  { tool: "pan", icon: handIcon, name: "Pan", key: "P" },
  { tool: "lasso", icon: lassoIcon, name: "Lasso", key: "L" },
  { tool: "box", icon: boxIcon, name: "Box", key: "B" },
];

interface ButtonProps {
  icon: string;
  name: string;
  hint: string;
  pressed?: boolean;
  onClick: () => void;
}

function ToolButton({ icon, name, hint, pressed, onClick }: ButtonProps) {
  return (
    <button type="button" class="pt-map-tool" title={hint} aria-label={name} aria-pressed={pressed} onClick={onClick}>
      <Icon svg={icon} />
    </button>
  );
}

function Tools({ view }: { view: ViewState }) {
  const middle = (factor: number) => view.zoomBy(factor, view.size.value.width / 2, view.size.value.height / 2);
  return (
    <>
      <div class="pt-map-toolgroup" role="toolbar" aria-label="What dragging does">
        {TOOLS.map(({ tool, icon, name, key }) => (
          <ToolButton
            key={tool}
            icon={icon}
            name={name}
            hint={tool === "lasso" ? `${name} (${key}, or shift and drag)` : `${name} (${key})`}
            pressed={view.tool.value === tool}
            onClick={() => {
              view.tool.value = tool;
            }}
          />
        ))}
      </div>
      <div class="pt-map-toolgroup" role="toolbar" aria-label="Zoom">
        <ToolButton icon={minusIcon} name="Zoom out" hint="Zoom out (−)" onClick={() => middle(1 / 1.4)} />
        <ToolButton icon={plusIcon} name="Zoom in" hint="Zoom in (+)" onClick={() => middle(1.4)} />
        <ToolButton icon={fitIcon} name="Fit" hint="Show all points (F)" onClick={() => view.fit()} />
      </div>
    </>
  );
}

export function toolBar(view: ViewState, el: HTMLElement): () => void {
  const bar = document.createElement("div");
  bar.className = "pt-map-tools";
  el.append(bar);
  render(<Tools view={view} />, bar);
  return () => {
    render(null, bar);
    bar.remove();
  };
}
