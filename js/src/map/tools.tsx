/** The map's tools: what a drag does, zoom and fit. */

import { type ReadonlySignal, useComputed } from "@preact/signals";
import brushIcon from "lucide-static/icons/brush.svg";
import moreIcon from "lucide-static/icons/ellipsis.svg";
import handIcon from "lucide-static/icons/hand.svg";
import lassoIcon from "lucide-static/icons/lasso.svg";
import fitIcon from "lucide-static/icons/maximize.svg";
import minusIcon from "lucide-static/icons/minus.svg";
import plusIcon from "lucide-static/icons/plus.svg";
import liveIcon from "lucide-static/icons/radio.svg";
import turnIcon from "lucide-static/icons/rotate-3d.svg";
import behindIcon from "lucide-static/icons/send-to-back.svg";
import boxIcon from "lucide-static/icons/square-dashed.svg";
import namesIcon from "lucide-static/icons/type.svg";
import linesIcon from "lucide-static/icons/waypoints.svg";
import { render } from "preact";
import type { Size } from "../scatter/camera";
import type { Look } from "../scatter/look";
import type { Store, Tool } from "../store";
import { Icon } from "../ui/icon";
import { PictureSize } from "./pictures/picture_size";
import { PointLook } from "./point_look";
import { SavePicture, type TakePicture } from "./snapshot/save_picture";
import { ToolBox } from "./tool_box";
import type { ViewState } from "./view_state";

const TOOLS: readonly { tool: Tool; icon: string; name: string; hint: string }[] = [
  { tool: "pan", icon: handIcon, name: "Hand", hint: "Drag the map (H)" },
  { tool: "lasso", icon: lassoIcon, name: "Lasso", hint: "Lasso (L, or shift and drag with the hand)" },
  { tool: "box", icon: boxIcon, name: "Box", hint: "Box (B)" },
  { tool: "brush", icon: brushIcon, name: "Brush", hint: "Brush (P); [ and ], or alt and the wheel, change its size" },
];

/** A map lower than this, or one that is small both ways, has its tools in one short row, and the others in a box: all of them would hide many points. */
const LOW_PX = 300;
const SMALL_PX = { width: 560, height: 420 };

const isSmall = ({ width, height }: Size) =>
  height > 0 && (height < LOW_PX || (width < SMALL_PX.width && height < SMALL_PX.height));

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

interface ToolsProps {
  store: Store;
  view: ViewState;
  look: ReadonlySignal<Look>;
  take: TakePicture;
}

function Tools({ store, view, look, take }: ToolsProps) {
  const isDeep = view.dims.value === 3;
  const few = useComputed(() => isSmall(view.size.value)).value;
  return (
    <>
      <div class="pt-map-toolgroup" role="toolbar" aria-label="What dragging does">
        {TOOLS.map(({ tool, icon, name, hint }) => (
          <ToolButton
            key={tool}
            icon={tool === "pan" && isDeep ? turnIcon : icon}
            name={name}
            hint={tool === "pan" && isDeep ? "Drag to turn (H); right or middle button, or space: pan" : hint}
            pressed={view.tool.value === tool}
            onClick={() => {
              view.tool.value = tool;
            }}
          />
        ))}
        {isDeep && (
          <ToolButton
            icon={behindIcon}
            name="Behind too"
            hint="Lasso, box and brush take what lies behind other points too, not the foremost alone"
            pressed={view.behindToo.value}
            onClick={() => {
              view.behindToo.value = !view.behindToo.peek();
            }}
          />
        )}
        {view.tool.value !== "pan" && (
          <ToolButton
            icon={liveIcon}
            name="Live selection"
            hint="Python sees the selection while it is drawn (live_selection)"
            pressed={store.traits.live_selection.value}
            onClick={() => store.set("live_selection", !store.traits.live_selection.peek())}
          />
        )}
      </div>
      {few ? (
        <ToolBox icon={moreIcon} name="More tools" hint="Zoom, lines, pictures, points, names, save" holds="more">
          {() => <Others store={store} view={view} look={look} take={take} />}
        </ToolBox>
      ) : (
        <Others store={store} view={view} look={look} take={take} />
      )}
    </>
  );
}

/** What looks and takes away: zoom, lines, pictures, points, names, save. */
function Others({ store, view, look, take }: ToolsProps) {
  const middle = (factor: number) => view.zoomBy(factor, view.size.value.width / 2, view.size.value.height / 2);
  return (
    <>
      <div class="pt-map-toolgroup" role="toolbar" aria-label="View">
        <ToolButton icon={minusIcon} name="Zoom out" hint="Zoom out (−)" onClick={() => middle(1 / 1.4)} />
        <ToolButton icon={plusIcon} name="Zoom in" hint="Zoom in (+)" onClick={() => middle(1.4)} />
        <ToolButton icon={fitIcon} name="Fit" hint="Show all points (F)" onClick={() => view.fit()} />
        <ToolButton
          icon={linesIcon}
          name="Nearest images"
          hint="Lines from a point to the nearest by content, wherever the map put them (N)"
          pressed={view.lines.value}
          onClick={() => {
            view.lines.value = !view.lines.peek();
          }}
        />
      </div>
      <PictureSize store={store} />
      <PointLook store={store} look={look} />
      <div class="pt-map-toolgroup" role="toolbar" aria-label="What is shown">
        <ToolButton
          icon={namesIcon}
          name="Names on the map"
          hint="Names of the categories on the map"
          pressed={store.traits.names_shown.value}
          onClick={() => store.set("names_shown", !store.traits.names_shown.peek())}
        />
      </div>
      <SavePicture store={store} view={view} take={take} />
    </>
  );
}

export function toolBar(
  store: Store,
  view: ViewState,
  look: ReadonlySignal<Look>,
  take: TakePicture,
  el: HTMLElement,
): () => void {
  const bar = document.createElement("div");
  bar.className = "pt-map-tools";
  el.append(bar);
  render(<Tools store={store} view={view} look={look} take={take} />, bar);
  return () => {
    render(null, bar);
    bar.remove();
  };
}
