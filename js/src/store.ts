/** What the views see: signals and typed arrays. The link fills it, the views read it and call its actions. */

import type { ReadonlySignal } from "@preact/signals";
import type {
  BrowserWrites,
  Camera,
  DetailsAnswer,
  FailuresAnswer,
  Filter,
  MissingAnswer,
  PictureAnswer,
  Traits,
} from "./protocol.gen";
import type { Clusters } from "./store/clusters";
import type { EncoderActions } from "./store/encoders";
import type { MapActions } from "./store/maps";
import type { Search } from "./store/search";

export type Mode = "replace" | "add" | "subtract" | "intersect";

/** A set of rows. `bits[r >> 3] & (1 << (r & 7))`; never changed in place. */
export interface RowMask {
  readonly n: number;
  readonly bits: Uint8Array;
  readonly count: number;
}

/** Rows one after the other, each at a place 0…length-1. Never changed in place. */
export interface Order {
  readonly length: number;
  /** The row at a place, -1 where there is none. */
  at(place: number): number;
  /** The rows from one place up to another; all when no places are given. */
  slice(from?: number, to?: number): Uint32Array;
  /** Where a row is, -1 for rows that are not among them. */
  placeOf(row: number): number;
}

export interface CategoryColumn {
  readonly kind: "category";
  readonly name: string;
  readonly revision: number;
  /** 0 = missing, c = categories[c - 1] */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  readonly categories: readonly string[];
  /** Of each category's colour among the theme's; by default they come in their order. */
  readonly places?: readonly number[];
}
export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  readonly revision: number;
  readonly values: Float32Array;
  readonly low: number | null;
  readonly high: number | null;
}
export interface TagsColumn {
  readonly kind: "tags";
  readonly name: string;
  readonly revision: number;
  readonly tags: readonly string[];
  readonly masks: readonly RowMask[];
  /** Of each tag's colour, as of a category's. */
  readonly places?: readonly number[];
}
export type Column = CategoryColumn | NumberColumn | TagsColumn;

export interface Layout {
  readonly name: string;
  readonly revision: number;
  readonly dims: 2 | 3;
  /** dims * n; NaN where a row has no position */
  readonly xy: Float32Array;
}

/** Thumbnails of rows: asked for in batches, newest wish first, dropped when nobody wants them any more. */
export interface Thumbs {
  /** The picture, null while it is on its way, or the reason (a string) why there is none. */
  get(row: number): ImageBitmap | string | null;
  /** These rows are on screen now for `viewer`; replaces its earlier wish, most wanted first. An empty list ends it. */
  want(viewer: symbol, rows: ArrayLike<number>): void;
  /** Bumped when pictures arrived. */
  readonly arrived: ReadonlySignal<number>;
}

/** What a drag on the map does. */
export type Tool = "pan" | "lasso" | "box" | "brush";

/** How a hand works on a map. */
export interface Hand {
  readonly tool: Tool;
  /** Radius of the brush, in CSS pixels. */
  readonly brush_px: number;
  /** Whether lines go from a point to the nearest by their vectors. */
  readonly lines: boolean;
  /** Whether a selection gesture in space takes what lies behind other points too. */
  readonly behindToo: boolean;
  /** Whether the small map may be shown. */
  readonly overview: boolean;
}

/** The line of a lasso or box that stays visible after it selected; `select` with it again where it is moved to. */
export interface Outline {
  /** Name of the layout it was drawn on. */
  readonly layout: string;
  /** Data positions x, y, z of its corners, in the plane that faced the viewer. */
  readonly corners: readonly number[];
  /** The selection before it, and what the rows inside did to that. */
  readonly base: RowMask;
  readonly mode: Mode;
}

export type Connection =
  | { state: "ok" }
  | { state: "busy" }
  | { state: "gone"; message: string }
  | { state: "version"; message: string };

export interface Store extends EncoderActions, MapActions {
  /** Mirrored traits, one signal each. */
  readonly traits: { readonly [K in keyof Traits]: ReadonlySignal<Traits[K]> };
  /** Set a trait that BROWSER_WRITES names. */
  set<K extends BrowserWrites>(name: K, value: Traits[K]): void;
  readonly connection: ReadonlySignal<Connection>;

  /** Positions of the layout on show; null until the first arrives. */
  readonly layout: ReadonlySignal<Layout | null>;
  /** While the first points are still to be painted: what costs as much waits for them. Never long, and only where there are positions. */
  readonly isMapFirst: ReadonlySignal<boolean>;
  /** A map has painted its first points. */
  mapPainted(): void;
  /** The column the points are coloured by; null = one colour. */
  readonly color: ReadonlySignal<Column | null>;
  /** A column by name, asked for on first use and again when its revision changes. */
  column(name: string): ReadonlySignal<Column | null>;
  /** Somebody is about to choose one of these columns: those that are not large are fetched meanwhile. */
  ahead(names: readonly string[]): void;

  readonly clusters: Clusters;
  /** What is filtered out, at most one filter per column; while a brush is dragged, as it would be on release. */
  readonly filters: ReadonlySignal<readonly Filter[]>;
  /** @param done false while a brush is dragged: seen in this browser only, and no step of undo */
  setFilters(filters: readonly Filter[], done?: boolean): void;
  /** The rows filtered out, null for none: not drawn, not picked, not in the grid. A column on its way hides nothing yet. */
  readonly hidden: ReadonlySignal<RowMask | null>;

  readonly selection: ReadonlySignal<RowMask>;
  /** While a lasso is drawn: what would be selected on release; null otherwise. Python sees it with `live_selection`. */
  readonly preview: ReadonlySignal<RowMask | null>;
  setPreview(rows: RowMask | null): void;
  /**
   * Of `rows` those that are not hidden are picked. A selection made in the grid leaves the grid's rows as they are:
   * what is picked there is picked among what is shown. With an outline the rows are combined with its base.
   */
  select(rows: RowMask | ArrayLike<number>, mode: Mode, from?: "grid" | Outline): void;
  /** The outline whose rows are the selection; null when it was made otherwise, or elsewhere. */
  readonly outline: ReadonlySignal<Outline | null>;
  /** Take the outline away and leave the selection. */
  dropOutline(): void;
  /** Select what is not selected and not hidden. */
  invertSelection(): void;
  /** Select all rows the grid shows. */
  selectShown(): void;
  clearSelection(): void;
  /** The rows the grid shows, but for hidden ones; null = all. */
  readonly shown: ReadonlySignal<RowMask | null>;
  /** Undo/redo of selections is local to the browser; undo of tags is the kernel's. `undo` undoes the latest of both. */
  undo(): void;
  redo(): void;
  /** What undo and redo would take back or do again, in words; null when there is nothing. */
  readonly next: ReadonlySignal<{ undo: string | null; redo: string | null }>;

  /** Row under the pointer in map or grid, -1 for none. Shared by all views. */
  readonly hovered: ReadonlySignal<number>;
  hover(row: number): void;
  /** Row clicked last: ringed in the map, outlined in the grid; -1 for none. `from` tells the other pane to bring it into view. */
  readonly focused: ReadonlySignal<{ row: number; from: "map" | "grid" | "kernel" }>;
  focus(row: number, from: "map" | "grid"): void;

  /**
   * Rows the grid shows, in its order: those of the last selection made outside it, else all, without hidden ones;
   * by sort_by when set.
   */
  readonly order: ReadonlySignal<Order>;

  readonly thumbs: Thumbs;
  /** Images like others, or like words. What is in force is `traits.query`. */
  readonly search: Search;
  details(row: number): Promise<DetailsAnswer>;
  /** The image itself; whoever asks revokes the url. */
  picture(row: number, maxPx: number, signal?: AbortSignal): Promise<{ url: string; answer: PictureAnswer }>;
  /** The k rows nearest by their vectors, nearest first, with cosine distances; null when the kernel said why not. */
  neighbours(row: number, k: number): Promise<{ rows: Uint32Array; distances: Float32Array } | null>;
  /** The same, null as well where there are none; nothing is said about it. */
  nearest(row: number, k: number): Promise<{ rows: Uint32Array; distances: Float32Array } | null>;
  failures(limit: number): Promise<FailuresAnswer>;
  missing(limit: number): Promise<MissingAnswer>;

  /** True once the kernel has done it, false when it did not. */
  tag(name: string, action: "add" | "remove", rows?: RowMask): Promise<boolean>;
  cancelRun(id: string): void;
  retryRun(id: string): void;
  /** Show what one sees first where no view is kept. */
  startFresh(): void;

  /** One sentence to show for a few seconds, errors included. */
  readonly toast: ReadonlySignal<{ text: string; kind: "info" | "error"; detail: string } | null>;
  say(text: string, kind: "info" | "error"): void;
  dismissToast(): void;

  /** What was in hand last, in whichever map: one that is shown anew begins with it. */
  readonly lastHand: Hand;
  takeInHand(hand: Hand): void;

  /** Where every map is to go: Python set a camera (null: all points), or somebody wants to see some rows. */
  readonly aim: ReadonlySignal<{ readonly camera: Camera | null } | { readonly rows: RowMask } | null>;
  zoomTo(rows: RowMask | ArrayLike<number>): void;
}
