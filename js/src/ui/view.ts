/** What belongs to one view of the widget and is not shared with another: panes, overlays, full window. */

import { type Signal, signal } from "@preact/signals";
import type { Menu } from "./menu";

export type Overlay = { kind: "help" } | { kind: "failures" } | { kind: "missing" } | { kind: "details"; row: number };

export interface View {
  /** The element everything of this view is in. */
  readonly root: HTMLElement;
  readonly overlay: Signal<Overlay | null>;
  /** The id of the side panel that is open, as panels/panels.ts lists them. */
  readonly panel: Signal<string | null>;
  /** The menu of an image, where it is open. */
  readonly menu: Signal<Menu | null>;
  /** Whether a file is held over the widget. */
  readonly dropping: Signal<boolean>;
  readonly full: Signal<boolean>;
  /** Grid under the map instead of beside it. */
  readonly stacked: Signal<boolean>;
  /** Share of the room the map has, beside and above the grid. */
  readonly split: Signal<number>;
  /** Tags used last, first the latest. */
  readonly recentTags: Signal<readonly string[]>;
}

export function createView(root: HTMLElement): View {
  return {
    root,
    overlay: signal(null),
    panel: signal(null),
    menu: signal(null),
    dropping: signal(false),
    full: signal(false),
    stacked: signal(false),
    split: signal(0.46),
    recentTags: signal([]),
  };
}
