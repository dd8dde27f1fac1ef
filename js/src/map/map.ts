/** The map pane: points on a canvas, and over it rings, tools, legend, hover card and notes. */

import { computed, effect } from "@preact/signals";
import type { Store } from "../store";
import { coded } from "./dress";
import { cameraFollows } from "./follow";
import { gestures } from "./gestures";
import { hoverCard } from "./hover_card";
import { mapKeys } from "./keys";
import { legendBox } from "./legend_box";
import { minimap } from "./minimap";
import { namesLayer } from "./names/layer";
import { neighbourLines } from "./neighbour_lines";
import { mapNote } from "./note";
import { outlineView } from "./outline";
import { overlay } from "./overlay";
import { picking } from "./picking";
import { pictureLayer } from "./pictures/layer";
import { keepCamera } from "./saved_camera";
import { outlineDrag } from "./select_drag";
import { snapshot } from "./snapshot/snapshot";
import { surface } from "./surface";
import { followTheme } from "./theme";
import { toolBar } from "./tools";
import { viewState } from "./view_state";

export function mapView(store: Store, el: HTMLElement): () => void {
  const root = document.createElement("div");
  root.className = "pt-map";
  root.tabIndex = 0;
  root.setAttribute("role", "application");
  root.setAttribute("aria-label", "Map of the images");
  const stage = document.createElement("div");
  stage.className = "pt-map-stage";
  root.append(stage);
  el.append(root);

  const view = viewState(store);
  const theme = followTheme(root);
  const rows = computed(() => {
    const layout = store.layout.value;
    return layout === null ? 0 : layout.xy.length / layout.dims;
  });
  const kind = computed(() => theme.colors.value.theme);
  const drawn = surface(store, view, stage, coded(store, rows, kind), theme.colors, theme.refresh);
  const { coding } = drawn;
  const pictures = pictureLayer(store, view, drawn, stage, root, coding, theme.colors);
  const over = overlay(store, view, root, drawn.radius);
  const names = namesLayer(store, view, drawn, root, stage, coding, pictures.at);
  const hands = gestures(store, view, over, stage, root, picking(store, view, drawn.radius, pictures.at), names);
  const disposals = [
    effect(() => {
      const { tool, brush_px, lines, behindToo, overview } = view;
      root.dataset.tool = tool.value;
      store.takeInHand({
        tool: tool.value,
        brush_px: brush_px.value,
        lines: lines.value,
        behindToo: behindToo.value,
        overview: overview.value,
      });
    }),
    effect(() => {
      stage.dataset.layout = store.layout.value?.name ?? "";
      root.dataset.dims = String(view.dims.value);
    }),
    effect(() => {
      const { x, y, scale, z, yaw, pitch } = view.camera.value;
      stage.dataset.camera = `${x} ${y} ${scale} ${z} ${yaw} ${pitch}`;
    }),
    cameraFollows(store, view),
    keepCamera(store, view),
    mapNote(store, root),
    minimap(store, view, root, kind),
    names.dispose,
    toolBar(
      store,
      view,
      drawn.look,
      (shot, signal) => snapshot(store, drawn, pictures, root, theme.colors.peek(), shot, signal),
      root,
    ),
    legendBox(store, view, root, coding, kind),
    neighbourLines(store, view, over.svg),
    hoverCard(store, view, root, () => coding.peek()),
    mapKeys(store, view, hands, root),
    outlineView(store, view, over.svg, root, over.drawing, (event, outline) =>
      hands.take(event, (sx, sy) => outlineDrag(store, view, over, outline, sx, sy)),
    ),
    hands.dispose,
    over.dispose,
    pictures.dispose,
    drawn.dispose,
    theme.dispose,
  ];
  return () => {
    for (const dispose of disposals) dispose();
    root.remove();
  };
}
