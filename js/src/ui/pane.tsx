/** A place in the shell for a view that draws itself. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Store } from "../store";

interface PaneProps {
  class: string;
  store: Store;
  mount: (store: Store, el: HTMLElement) => () => void;
}

export function Pane({ class: kind, store, mount }: PaneProps) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => mount(store, place.current as HTMLDivElement), [store, mount]);
  return <div ref={place} class={`pt-pane ${kind}`} />;
}
