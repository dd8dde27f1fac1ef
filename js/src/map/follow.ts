/** When the camera moves by itself: to fit what arrives, to rows somebody wants to see, and where Python sends it. */

import { effect } from "@preact/signals";
import { boundsOf, fitted, positionOf, toScreen } from "../scatter/camera";
import type { RowMask, Store } from "../store";
import { restored } from "./saved_camera";
import type { ViewState } from "./view_state";

const FOLLOW_MS = 400;
const NEW_LAYOUT_MS = 600;
/** A point nearer to the edge than this counts as off screen. */
const EDGE_PX = 12;
/** Rows that are looked at get this much room around them, and one alone comes so much closer than the whole. */
const ROOM = 0.12;
const CLOSER = 24;

export function cameraFollows(store: Store, view: ViewState): () => void {
  let shownName: string | null = null;
  let shownSize = view.size.peek();
  let aimed = store.aim.peek();
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
      const kept = isNew ? store.traits.camera.peek() : null;
      if (kept !== null && kept.layout === layout.name) view.show(restored(kept, size));
      else if (isNew || !view.moved.peek()) view.fit(isFirst || resized ? 0 : isNew ? NEW_LAYOUT_MS : FOLLOW_MS);
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
    effect(() => {
      const aim = store.aim.value;
      if (aim === aimed) return;
      aimed = aim;
      if (aim === null) return;
      if ("rows" in aim) return lookAt(store, view, aim.rows);
      const size = view.size.peek();
      if (aim.camera === null) return view.fit();
      if (aim.camera.layout !== store.layout.peek()?.name || size.width === 0 || size.height === 0) return;
      view.moved.value = true;
      view.flyTo(restored(aim.camera, size), FOLLOW_MS);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Fly to where these rows are, from the side the view looks from; rows without a position change nothing. */
export function lookAt(store: Store, view: ViewState, rows: RowMask): void {
  const layout = store.layout.peek();
  const whole = view.fitted.peek();
  const size = view.size.peek();
  if (layout === null || whole === null || size.width === 0 || size.height === 0) return;
  const places = new Float32Array(rows.count * layout.dims);
  let at = 0;
  for (let row = 0; row < rows.n && at < places.length; row++) {
    if ((((rows.bits[row >> 3] as number) >> (row & 7)) & 1) === 0) continue;
    for (let d = 0; d < layout.dims; d++) places[at++] = layout.xy[row * layout.dims + d] as number;
  }
  const bounds = boundsOf(places, layout.dims);
  if (bounds === null) return;
  const now = view.camera.peek();
  const there = fitted(bounds, size, now, ROOM);
  const isOne = bounds.x0 === bounds.x1 && bounds.y0 === bounds.y1 && bounds.z0 === bounds.z1;
  const scale = isOne ? Math.max(now.scale, CLOSER * whole.scale) : Math.min(there.scale, view.closest());
  view.moved.value = true;
  view.flyTo({ ...there, scale }, NEW_LAYOUT_MS);
}
