/** A small menu at a place of the widget: arrows move, Enter or a click chooses, Escape or a press elsewhere closes. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { isOfTheHost } from "./keys";
import type { View } from "./view";

export interface MenuItem {
  readonly text: string;
  /** The key that does the same without the menu. */
  readonly key?: string;
  readonly act: () => void;
}

export interface Menu {
  /** In CSS pixels of the window. */
  readonly x: number;
  readonly y: number;
  readonly items: readonly MenuItem[];
}

const ROOM_PX = 4;

export function ContextMenu({ view }: { view: View }) {
  const menu = view.menu.value;
  return menu === null ? null : <Open view={view} menu={menu} />;
}

function Open({ view, menu }: { view: View; menu: Menu }) {
  const list = useRef<HTMLDivElement>(null);
  const close = () => {
    view.menu.value = null;
  };

  useLayoutEffect(() => {
    const el = list.current;
    if (el === null) return;
    const root = view.root.getBoundingClientRect();
    const left = Math.min(menu.x - root.left, root.width - el.offsetWidth - ROOM_PX);
    const top = Math.min(menu.y - root.top, root.height - el.offsetHeight - ROOM_PX);
    el.style.left = `${Math.max(ROOM_PX, left)}px`;
    el.style.top = `${Math.max(ROOM_PX, top)}px`;
    const before = (view.root.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement | null;
    el.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
    return () => {
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
  }, [view, menu]);

  useEffect(() => {
    const stop = new AbortController();
    const root = view.root.getRootNode();
    root.addEventListener(
      "pointerdown",
      (event) => {
        if (!list.current?.contains(event.target as Node)) view.menu.value = null;
      },
      { capture: true, signal: stop.signal },
    );
    return () => stop.abort();
  }, [view]);

  function onKey(event: KeyboardEvent): void {
    if (isOfTheHost(event)) return;
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const active = (view.root.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement;
    const at = items.indexOf(active);
    const last = items.length - 1;
    const to = { ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) items[to]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else {
      const same = menu.items.find(({ key }) => key?.toLowerCase() === event.key.toLowerCase());
      if (same === undefined) {
        event.stopPropagation();
        return;
      }
      close();
      same.act();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div
      ref={list}
      class="pt-menu"
      role="menu"
      tabIndex={-1}
      onKeyDown={onKey}
      onContextMenu={(e) => e.preventDefault()}
    >
      {menu.items.map(({ text, key, act }) => (
        <button
          key={text}
          type="button"
          role="menuitem"
          class="pt-line"
          tabIndex={-1}
          onClick={() => {
            close();
            act();
          }}
        >
          <span>{text}</span>
          {key !== undefined && <kbd>{key}</kbd>}
        </button>
      ))}
    </div>
  );
}
