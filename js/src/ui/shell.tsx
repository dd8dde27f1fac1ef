/** Everything of one view of the widget, put together: header, map, grid, tags, status, and what lies over them. */

import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { useCallback } from "preact/hooks";
import { gridView } from "../grid/grid";
import { mapView } from "../map/map";
import { SidePanel } from "../panels/panel";
import { Rail } from "../panels/rail";
import { SearchBar } from "../search/bar";
import { imagesFromOutside } from "../search/files";
import { rowMenu } from "../search/row_menu";
import type { Store } from "../store";
import { Details } from "./details";
import { Failures } from "./failures";
import { keepFocus } from "./focus";
import { fullWindow } from "./full";
import { GridHeader } from "./grid_header";
import { Handle } from "./handle";
import { Header } from "./header";
import { Help } from "./help";
import { widgetKeys } from "./keys";
import { ContextMenu } from "./menu";
import { Missing } from "./missing";
import { NothingLeft } from "./nothing_left";
import { Pane } from "./pane";
import { Status } from "./status";
import { TagBar } from "./tag_bar";
import { Toast } from "./toast";
import { createView, type View } from "./view";

/** Under this width the grid goes below the map. */
const STACKED_BELOW_PX = 720;
/** Under this width the line on top says less. */
const WIDE_FROM_PX = 960;
/** What filters leave takes so much of it. */
const FILTERED_PX = 180;
const HEIGHT_PX = { least: 320, usual: 640, most: 2000 };
const SPLIT = { least: 0.15, usual: 0.46, most: 0.85 };

export function shell(store: Store, el: HTMLElement): () => void {
  const root = document.createElement("div");
  root.className = "pointillist";
  el.append(root);
  const view = createView(root);
  const width = signal(0);
  const sized = new ResizeObserver(() => {
    width.value = root.clientWidth;
  });
  sized.observe(root);
  const disposals = [
    effect(() => {
      const narrow = width.value > 0 && width.value < STACKED_BELOW_PX;
      const wide = WIDE_FROM_PX + (store.filters.value.length > 0 ? FILTERED_PX : 0);
      root.classList.toggle("pt-narrow", narrow);
      root.classList.toggle("pt-medium", !narrow && width.value < wide);
      view.stacked.value = narrow;
    }),
    widgetKeys(store, view),
    keepFocus(root),
    fullWindow(view),
    rowMenu(store, view),
    imagesFromOutside(store, view),
  ];
  render(<Shell store={store} view={view} />, root);
  return () => {
    sized.disconnect();
    for (const dispose of disposals) dispose();
    render(null, root);
    root.remove();
  };
}

function Shell({ store, view }: { store: Store; view: View }) {
  const height_px = store.traits.height_px.value;
  const stacked = view.stacked.value;
  const split = view.split.value;
  const mountGrid = useCallback(
    (store: Store, el: HTMLElement) =>
      gridView(store, el, (row) => {
        view.overlay.value = { kind: "details", row };
      }),
    [view],
  );
  return (
    <>
      <div class="pt-frame" style={{ "--pt-height": `${height_px}px`, "--pt-split": split }}>
        <Header store={store} view={view} />
        <div class="pt-middle">
          <div class={stacked ? "pt-panes pt-stacked" : "pt-panes"}>
            <Pane class="pt-map-pane" store={store} mount={mapView} />
            <Handle
              name="Room of the map"
              axis={stacked ? "y" : "x"}
              class="pt-divider"
              value={split}
              least={SPLIT.least}
              most={SPLIT.most}
              step={0.04}
              scale={(moved_px) => moved_px / Math.max(1, roomOf(view))}
              onMove={(value) => {
                view.split.value = value;
              }}
              onReset={() => {
                view.split.value = SPLIT.usual;
              }}
            />
            <section class="pt-grid-pane" aria-label="Images">
              <div class="pt-grid-side">
                <GridHeader store={store} />
                <SearchBar store={store} />
                <NothingLeft store={store} />
                <Pane class="pt-grid-place" store={store} mount={mountGrid} />
                <TagBar store={store} view={view} />
              </div>
              <SidePanel store={store} view={view} />
            </section>
            <Overlay store={store} view={view} />
            <Toast store={store} />
          </div>
          <Rail view={view} />
        </div>
        <Status store={store} view={view} />
        {view.dropping.value && <div class="pt-drop">Drop an image to find ones like it</div>}
      </div>
      <ContextMenu view={view} />
      {!view.full.value && (
        <Handle
          name="Height"
          axis="y"
          class="pt-grip"
          value={height_px}
          least={HEIGHT_PX.least}
          most={HEIGHT_PX.most}
          step={40}
          scale={(moved_px) => moved_px}
          onMove={(value) => store.set("height_px", Math.round(value))}
          onReset={() => store.set("height_px", HEIGHT_PX.usual)}
        />
      )}
    </>
  );
}

function Overlay({ store, view }: { store: Store; view: View }) {
  const overlay = view.overlay.value;
  if (overlay === null) return null;
  if (overlay.kind === "help") return <Help view={view} />;
  if (overlay.kind === "failures") return <Failures store={store} view={view} />;
  if (overlay.kind === "missing") return <Missing store={store} view={view} />;
  return <Details store={store} view={view} row={overlay.row} />;
}

function roomOf(view: View): number {
  const panes = view.root.querySelector(".pt-panes");
  return (view.stacked.peek() ? panes?.clientHeight : panes?.clientWidth) ?? 1;
}
