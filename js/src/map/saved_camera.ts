/** Where a view looks, kept so that a view shown anew, here or after the page was reloaded, starts from it. */

import { effect } from "@preact/signals";
import type { Camera as SavedCamera } from "../protocol.gen";
import type { Camera, Size } from "../scatter/camera";
import type { Store } from "../store";
import type { ViewState } from "./view_state";

/** A camera that has been still so long is kept. */
const STILL_MS = 400;

/** What is kept does not depend on the pane: `span` data units along its shorter side. */
export function saved({ scale, ...camera }: Camera, size: Size, layout: string): SavedCamera {
  return { layout, ...camera, span: Math.min(size.width, size.height) / scale };
}

export function restored({ layout: _, span, ...camera }: SavedCamera, size: Size): Camera {
  return { ...camera, scale: Math.min(size.width, size.height) / span };
}

/** Keep the camera of this view whenever somebody moved it, and that all points are shown when they are. */
export function keepCamera(store: Store, view: ViewState): () => void {
  let timer = 0;
  let isFirst = true;

  function keep(): void {
    timer = 0;
    const layout = store.layout.peek();
    const size = view.size.peek();
    if (layout === null || Math.min(size.width, size.height) === 0) return;
    const now = view.moved.peek() ? saved(view.camera.peek(), size, layout.name) : null;
    if (JSON.stringify(now) !== JSON.stringify(store.traits.camera.peek())) store.set("camera", now);
  }
  const stop = effect(() => {
    const isMoved = view.moved.value;
    if (isMoved) view.camera.value;
    clearTimeout(timer);
    timer = isFirst ? 0 : window.setTimeout(keep, STILL_MS);
    isFirst = false;
  });
  return () => {
    stop();
    clearTimeout(timer);
    if (timer !== 0) keep();
  };
}
