/** When the camera moves by itself: to fit what arrives, and to a point chosen elsewhere. */

import { effect } from "@preact/signals";
import { positionOf, toScreen } from "../scatter/camera";
import type { Store } from "../store";
import type { ViewState } from "./view_state";

const FOLLOW_MS = 400;
const NEW_LAYOUT_MS = 600;
/** A point nearer to the edge than this counts as off screen. */
const EDGE_PX = 12;

export function cameraFollows(store: Store, view: ViewState): () => void {
  let shownName: string | null = null;
  let shownSize = view.size.peek();
  const stops = [
    effect(() => {
      const layout = store.layout.value;
      const size = view.size.value;
      const whole = view.fitted.value;
      if (layout === null || whole === null || size.width === 0 || size.height === 0) return;
      const isFirst = shownName === null;
      const isNew = layout.name !== shownName;
      const resized = size !== shownSize;
      shownName = layout.name;
      shownSize = size;
      if (isNew || !view.moved.peek()) view.fit(isFirst || resized ? 0 : isNew ? NEW_LAYOUT_MS : FOLLOW_MS);
    }),
    effect(() => {
      const { row, from } = store.focused.value;
      const layout = store.layout.peek();
      if (from === "map" || row < 0 || layout === null) return;
      const [x, y, z] = positionOf(layout.xy, layout.dims, row);
      if (!Number.isFinite(x + y + z)) return;
      const { width, height } = view.size.peek();
      if (width === 0 || height === 0) return;
      const camera = view.camera.peek();
      const [sx, sy] = toScreen(camera, { width, height }, x, y, z);
      const visible = sx >= EDGE_PX && sx <= width - EDGE_PX && sy >= EDGE_PX && sy <= height - EDGE_PX;
      if (visible) return;
      view.moved.value = true;
      view.flyTo({ ...camera, x, y, z }, FOLLOW_MS);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
