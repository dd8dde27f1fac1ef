/** A store with no kernel behind it: n clustered points and drawn thumbnails. For tests and for looking at the views. */

import { computed, type Signal, signal } from "@preact/signals";
import { combined, maskOf, union, without } from "../src/bitmask";
import type { DetailsAnswer, QueryInfo, Traits } from "../src/protocol.gen";
import type { CategoryColumn, Column, Connection, Layout, Mode, Outline, RowMask, Store } from "../src/store";
import { hiddenBy } from "../src/store/filters";
import { FIRST_HAND } from "../src/store/hand";
import { allRows } from "../src/store/order";

/** Numbers in [0, 1) that are the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** n points in `groups` clumps, and the clump of each: (2n) float32 and (n) codes from 1. */
export function clumps(n: number, groups: number, seed = 1): { xy: Float32Array; codes: Uint8Array } {
  const random = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centers = Array.from({ length: groups }, () => {
    return {
      x: 10 * random(),
      y: 8 * random(),
      wide: 0.25 + 0.7 * random(),
      high: 0.25 + 0.5 * random(),
      turn: random(),
    };
  });
  const xy = new Float32Array(2 * n);
  const codes = new Uint8Array(n);
  for (let row = 0; row < n; row++) {
    const group = Math.floor(random() ** 1.4 * groups);
    const center = centers[group] as (typeof centers)[number];
    const a = center.wide * normal();
    const b = center.high * normal() + 0.35 * a * a;
    const angle = 2 * Math.PI * center.turn;
    xy[2 * row] = center.x + a * Math.cos(angle) - b * Math.sin(angle);
    xy[2 * row + 1] = center.y + a * Math.sin(angle) + b * Math.cos(angle);
    codes[row] = group + 1;
  }
  return { xy, codes };
}

const NAMES =
  "bicycle,bird,cat,dog,face with a long name nobody expected here,flower,house,motorbike,ship,tree,van,yacht".split(
    ",",
  );

export interface FakeStore extends Store {
  readonly layout: Signal<Layout | null>;
  readonly color: Signal<Column | null>;
  readonly traits: { [K in keyof Traits]: Signal<Traits[K]> };
  readonly wanted: Map<symbol, ArrayLike<number>>;
}

export const NO_QUERY: QueryInfo = {
  id: 0,
  round: 0,
  back: null,
  forward: null,
  words: "",
  parts: [],
  column: "",
  reverse: false,
  within: null,
  note: "",
};

export function fakeStore(n: number, groups = 9): FakeStore {
  const { xy, codes } = clumps(n, groups);
  const categories = Array.from({ length: groups }, (_, g) => NAMES[g] ?? `category ${g + 1}`);
  const category: CategoryColumn = { kind: "category", name: "label", revision: 1, codes, categories };
  const traits: Traits = {
    protocol: 1,
    comm_id: "",
    source: "photos/",
    n,
    failures: 0,
    missing: 0,
    notice: "",
    encoder: "pixels/32",
    encoders: [],
    training: null,
    columns: [{ name: "label", kind: "category", revision: 1, description: "" }],
    layouts: [
      {
        name: "umap",
        title: "UMAP",
        method: "umap",
        encoder: "pixels/32",
        dims: 2,
        revision: 1,
        placed: n,
        added: 0,
        status: "ready",
      },
    ],
    tags: [],
    missing_ways: {},
    runs: [],
    history: { undo: null, redo: null },
    selected: { revision: 0, count: 0 },
    layout_name: "umap",
    color_by: "label",
    filters: [],
    live_selection: false,
    palette: {},
    color_scale: { kind: "linear", reversed: false },
    card_columns: null,
    sort_by: null,
    sort_descending: false,
    thumb_px: 96,
    height_px: 640,
    camera: null,
    picture_px: 0,
    names_shown: false,
    tags_shown: true,
    point_size: null,
    point_opacity: null,
    density: null,
    restored: false,
    query: NO_QUERY,
  };
  const signals = Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, signal(value)]));
  const selection = signal(maskOf(n, []));
  const preview = signal<RowMask | null>(null);
  const outline = signal<Outline | null>(null);
  const hovered = signal(-1);
  const focused = signal<{ row: number; from: "map" | "grid" | "kernel" }>({ row: -1, from: "kernel" });
  const color = signal<Column | null>(category);
  const hidden = computed(() => {
    const filters = (signals.filters as unknown as Signal<Traits["filters"]>).value;
    const column = color.value;
    if (column === null) return null;
    const rows = filters.map((filter) => hiddenBy(filter, column, n)).filter(({ count }) => count > 0);
    return rows.reduce<RowMask | null>(union, null);
  });
  const arrived = signal(0);
  const aim = signal<Store["aim"]["value"]>(null);
  let lastHand = FIRST_HAND;
  const isMapFirst = signal(true);
  const toast = signal<Store["toast"]["value"]>(null);
  const wanted = new Map<symbol, ArrayLike<number>>();
  const pictures = new Map<number, ImageBitmap>();
  const details = (row: number): DetailsAnswer => ({
    row,
    index: String(row),
    name: `photos/${categories[(codes[row] ?? 1) - 1]}/img_${String(row).padStart(6, "0")}.jpg`,
    fields: [],
    tags: row % 3 === 0 ? ["done", "night"] : [],
    failure: null,
  });

  async function draw(row: number): Promise<void> {
    const canvas = new OffscreenCanvas(160, row % 2 === 0 ? 120 : 160);
    const context = canvas.getContext("2d");
    if (context === null) return;
    const hue = ((codes[row] ?? 0) * 47 + (row % 17)) % 360;
    const sky = context.createLinearGradient(0, 0, 0, canvas.height);
    sky.addColorStop(0, `hsl(${hue} 60% 75%)`);
    sky.addColorStop(1, `hsl(${hue + 40} 50% 45%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = `hsl(${hue + 180} 50% 60%)`;
    context.beginPath();
    context.arc(40 + (row % 80), 60, 28, 0, 7);
    context.fill();
    pictures.set(row, await createImageBitmap(canvas));
    arrived.value++;
  }

  return {
    traits: signals as unknown as FakeStore["traits"],
    set(name, value) {
      (signals[name] as Signal<unknown>).value = value;
    },
    connection: signal<Connection>({ state: "ok" }),
    layout: signal<Layout | null>({ name: "umap", revision: 1, dims: 2, xy }),
    isMapFirst,
    mapPainted() {
      isMapFirst.value = false;
    },
    color,
    column: () => color,
    ahead() {},
    filters: signals.filters as unknown as Signal<Traits["filters"]>,
    hidden,
    setFilters(filters) {
      (signals.filters as unknown as Signal<Traits["filters"]>).value = [...filters];
    },
    selection,
    preview,
    setPreview(rows) {
      preview.value = rows;
    },
    select(rows: RowMask | ArrayLike<number>, mode: Mode, from?: "grid" | Outline) {
      const mask = without("bits" in rows ? rows : maskOf(n, rows), hidden.peek());
      outline.value = from === undefined || from === "grid" ? null : from;
      selection.value = combined(outline.value?.base ?? selection.peek(), mask, mode);
    },
    outline,
    dropOutline() {
      outline.value = null;
    },
    invertSelection() {},
    selectShown() {},
    clearSelection() {
      selection.value = maskOf(n, []);
    },
    shown: signal(null),
    undo() {},
    redo() {},
    next: signal({ undo: null, redo: null }),
    hovered,
    hover(row) {
      hovered.value = row;
    },
    focused,
    focus(row, from) {
      focused.value = { row, from };
    },
    order: signal(allRows(0)),
    thumbs: {
      get: (row) => pictures.get(row) ?? null,
      want(viewer, rows) {
        if (rows.length === 0) wanted.delete(viewer);
        else wanted.set(viewer, rows);
        for (let i = 0; i < rows.length; i++) if (typeof OffscreenCanvas !== "undefined") void draw(rows[i] as number);
      },
      arrived,
    },
    search: {
      pending: null,
      working: signal(false),
      failed: signal(""),
      only: signal(false),
      ask: async () => true,
      widen() {},
      fail() {},
      dismiss() {},
      judge() {},
      remove() {},
      go: async () => true,
      cancel() {},
      picture: async () => "",
    },
    wanted,
    details: async (row) => details(row),
    picture: () => Promise.reject(new Error("no kernel")),
    clusters: {
      settings: signal({ method: "communities", of: "vectors", option: null }),
      words: signal(""),
      found: signal(null),
      look() {},
      count: async () => ({ option: 1, clusters: groups, noise: 0 }),
      find: async () => {},
      rename: async () => true,
      merge: async () => true,
    },
    neighbours: async (row, k) => ({
      rows: Uint32Array.from({ length: k }, (_, i) => (row + i + 1) % n),
      distances: Float32Array.from({ length: k }, (_, i) => 0.1 * (i + 1)),
    }),
    nearest: async () => null,
    failures: async () => ({ total: 0, failures: [] }),
    missing: async () => ({ total: 0, missing: [] }),
    tag: async () => true,
    encoderChoices: async () => ({ timm: [], clip: [], columns: [] }),
    addEncoder: async () => null,
    compareEncoders: async () => null,
    reconstructions: async () => null,
    cancelRun() {},
    retryRun() {},
    startFresh() {},
    toast,
    say(text, kind) {
      toast.value = { text, kind, detail: "" };
    },
    dismissToast() {},
    project() {},
    measure: async () => ({ trustworthiness: 0.98, preserved: 0.6, k: 15 }),
    colorByKept: async () => null,
    layAnew() {},
    get lastHand() {
      return lastHand;
    },
    takeInHand: (hand) => {
      lastHand = hand;
    },
    aim,
    zoomTo(rows) {
      aim.value = { rows: "bits" in rows ? rows : maskOf(n, rows) };
    },
  };
}
