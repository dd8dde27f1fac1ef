/** anywidget's model with a small kernel behind it: answers questions, sends events, can be slow, silent or broken. */

import { emptyMask, maskFromBits, rowsOf } from "../src/bitmask";
import { type Packed, packMask, packRows, unpack } from "../src/bytes";
import type { Model } from "../src/link";
import {
  type Ask,
  type Buffer,
  PROTOCOL_VERSION,
  type QueryInfo,
  type QueryPart,
  type Questions,
  type Traits,
} from "../src/protocol.gen";
import type { RowMask } from "../src/store";
import { clumps, NO_QUERY, seeded } from "./fakeStore";

type Listener = (...args: never[]) => void;
type Handler = (params: never, arrays: Map<string, { data: ArrayLike<number> }>) => Answer | Promise<Answer>;
interface Answer {
  answer: object;
  packed?: Packed[];
}

/** Words -> the classes that a classifier answers them by; others are read by a text tower. */
const CLASSES: Record<string, string[]> = {
  strawberry: ["strawberry"],
  plane: ["airliner, jetliner", "plane, carpenter's plane", "warplane, military plane"],
};

export interface FakeModel extends Model {
  /** Number of callbacks on the model; 0 when nothing leaks. */
  listeners(): number;
  /** Set a trait as the kernel does. */
  sync<K extends keyof Traits>(name: K, value: Traits[K]): void;
  trigger(event: string, ...args: unknown[]): void;
  event(name: string, params: object, packed?: Packed[]): void;
  /** The kernel's own selection, as Python sees it. */
  selection(): RowMask;
  selectFromPython(rows: number[]): void;
  /** All questions that arrived, oldest first. */
  readonly asked: Ask[];
  /** While true, questions wait; they are answered in order when it ends. */
  busy: boolean;
  /** Answers of the question from now on. */
  answer<Q extends keyof Questions>(question: Q, handler: Handler): void;
  /** Milliseconds before a question is answered. */
  wait_ms: (question: string) => number;
}

export class Refusal extends Error {}

const GROUPS = 9;
const NAMES = "bicycle,bird,cat,dog,flower,house,motorbike,ship,<b>tree</b>".split(",");

export interface FakeModelOptions {
  n?: number;
  /** Encoded picture of a row, null for one that cannot be read. */
  picture?: (row: number, max_px: number) => Promise<Uint8Array | null> | Uint8Array | null;
}

export function fakeModel({ n = 100, picture = () => new Uint8Array([1, 2, 3]) }: FakeModelOptions = {}): FakeModel {
  const { xy, codes } = clumps(n, GROUPS);
  const random = seeded(7);
  const sharpness = Float32Array.from({ length: n }, () => (random() < 0.05 ? Number.NaN : random()));
  const tags = new Map<string, Set<number>>();
  const done: { words: string; undo: () => void; redo: () => void }[] = [];
  const undone: typeof done = [];
  const listeners = new Map<string, Set<Listener>>();
  const asked: Ask[] = [];
  const waiting: (() => void)[] = [];
  let mask = emptyMask(n);
  let shown: Packed[] = [];
  let revision = 0;
  let busy = false;

  const traits: Traits = {
    protocol: PROTOCOL_VERSION,
    comm_id: "",
    source: "photos/",
    n,
    failures: 0,
    missing: 0,
    notice: "",
    encoder: "timm/tf_efficientnet_lite0",
    encoders: [
      {
        name: "timm/tf_efficientnet_lite0",
        title: "tf_efficientnet_lite0",
        kind: "timm",
        dims: 1280,
        rows: n,
        seconds: 12.4,
        status: "ready",
        note: "",
      },
    ],
    training: null,
    columns: [
      { name: "label", kind: "category", revision: 1, description: "" },
      { name: "sharpness", kind: "number", revision: 1, description: "" },
      { name: "tags", kind: "tags", revision: 1, description: "" },
      { name: "path", kind: "text", revision: 1, description: "" },
    ],
    layouts: [
      { name: "pca", title: "PCA" },
      { name: "umap", title: "UMAP" },
    ].map((named) => ({
      ...named,
      method: named.name,
      encoder: "",
      dims: 2,
      revision: 1,
      placed: n,
      status: "ready",
      added: 0,
    })),
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
    picture_px: 56,
    names_shown: true,
    tags_shown: true,
    point_size: null,
    point_opacity: null,
    density: null,
    restored: false,
    query: NO_QUERY,
  };

  function emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(listeners.get(event) ?? [])]) (listener as (...args: unknown[]) => void)(...args);
  }

  /** As Jupyter does: all buffers are windows into one message, at odd offsets. */
  function deliver(message: object, packed: readonly Packed[] = []): void {
    const whole = new Uint8Array(packed.reduce((sum, { bytes }) => sum + bytes.length + 1, 1));
    let at = 1;
    const views = packed.map(({ bytes }) => {
      whole.set(bytes, at);
      const view = new DataView(whole.buffer, at, bytes.length);
      at += bytes.length + 1;
      return view;
    });
    emit("msg:custom", JSON.parse(JSON.stringify(message)), views);
  }

  function sync<K extends keyof Traits>(name: K, value: Traits[K]): void {
    traits[name] = value;
    emit(`change:${name}`);
  }

  function event(name: string, params: object, packed: Packed[] = []): void {
    deliver({ event: name, params: { ...params, buffers: packed.map(({ about }) => about) } }, packed);
  }

  function setSelection(next: RowMask, client: string, among?: Uint8Array): void {
    mask = next;
    shown = among === undefined ? [] : [packMask("shown", maskFromBits(n, among))];
    revision++;
    sync("selected", { revision, count: mask.count });
    event("selection", { revision, count: mask.count, client }, [packMask("mask", mask), ...shown]);
  }

  function changed(words: string | null): void {
    sync("history", { undo: done.at(-1)?.words ?? null, redo: undone.at(-1)?.words ?? null });
    sync(
      "tags",
      [...tags].map(([name, rows]) => ({ name, count: rows.size })),
    );
    const columns = traits.columns.map((info) =>
      info.kind === "tags" ? { ...info, revision: info.revision + 1 } : info,
    );
    if (words !== null) sync("columns", columns);
  }

  function floats(name: string, values: Float32Array, shape: number[]): Packed {
    return { about: { name, dtype: "f32", shape }, bytes: new Uint8Array(values.buffer) };
  }

  function maskOfTag(rows: Set<number>): RowMask {
    const bits = new Uint8Array((n + 7) >> 3);
    for (const row of rows) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    return maskFromBits(n, bits);
  }

  const handlers: Record<string, Handler> = {
    layout({ name }: { name: string }) {
      const flat = Float32Array.from(xy, (value, i) => (name === "pca" ? value * 0.4 + (i % 2) * codesAt(i) : value));
      const { revision } = traits.layouts.find((layout) => layout.name === name) ?? { revision: 1 };
      if (name.endsWith("-3d")) {
        const deep = Float32Array.from({ length: 3 * n }, (_, i) => flat[2 * Math.floor(i / 3) + (i % 3)] ?? 0);
        return { answer: { name, revision, dims: 3 }, packed: [floats("xy", deep, [n, 3])] };
      }
      return { answer: { name, revision, dims: 2 }, packed: [floats("xy", flat, [n, 2])] };
    },
    column({ name }: { name: string }) {
      const info = traits.columns.find((column) => column.name === name);
      if (info === undefined) throw new Refusal(`"${name}" is not a column of the table; it has label, sharpness`);
      const answer = {
        ...info,
        categories: [] as string[],
        places: [] as number[],
        low: null as number | null,
        high: null as number | null,
      };
      if (info.kind === "number") {
        return { answer: { ...answer, low: 0, high: 1 }, packed: [floats("values", sharpness, [n])] };
      }
      if (info.kind === "tags") {
        const packed = [...tags].map(([tag, rows]) => packMask(tag, maskOfTag(rows)));
        return { answer: { ...answer, categories: [...tags.keys()], places: [...[...tags.keys()].keys()] }, packed };
      }
      const about: Buffer = { name: "codes", dtype: "u8", shape: [n] };
      return { answer: { ...answer, categories: NAMES, places: [...NAMES.keys()] }, packed: [{ about, bytes: codes }] };
    },
    async thumbs(_params, arrays) {
      const rows = [...Array.from(arrays.get("rows")?.data ?? [])];
      const pictures = await Promise.all(rows.map((row) => picture(row, 256)));
      const bytes = new Uint8Array(pictures.reduce((sum, made) => sum + (made?.length ?? 0), 0));
      let at = 0;
      for (const made of pictures) {
        if (made === null) continue;
        bytes.set(made, at);
        at += made.length;
      }
      return {
        answer: {
          lengths: pictures.map((made) => made?.length ?? 0),
          reasons: pictures.map((made) => (made === null ? "cut off after 12 of 30 kB" : "")),
        },
        packed: [{ about: { name: "pictures", dtype: "u8", shape: [bytes.length] }, bytes }],
      };
    },
    async picture({ row, max_px }: { row: number; max_px: number }) {
      const bytes = await picture(row, max_px);
      if (bytes === null) throw new Refusal("cut off after 12 of 30 kB");
      return {
        answer: { row, width: 2048, height: 1536 },
        packed: [{ about: { name: "picture", dtype: "u8", shape: [bytes.length] }, bytes }],
      };
    },
    details({ row }: { row: number }) {
      const label = NAMES[(codes[row] as number) - 1] as string;
      const name = `IMG_${String(row).padStart(5, "0")}.jpg`;
      const fields = [
        { name: "path", value: `${label}/${name}` },
        { name: "label", value: label },
        { name: "sharpness", value: (sharpness[row] as number).toFixed(3) },
      ];
      const carried = [...tags].filter(([, rows]) => rows.has(row)).map(([tag]) => tag);
      return { answer: { row, index: `${label}/${name}`, name, fields, tags: carried, failure: null } };
    },
    neighbours({ row, k }: { row: number; k: number }) {
      const distance = (other: number) =>
        Math.hypot(
          (xy[2 * other] as number) - (xy[2 * row] as number),
          (xy[2 * other + 1] as number) - (xy[2 * row + 1] as number),
        );
      const others = Array.from({ length: n }, (_, other) => other).filter((other) => other !== row);
      const rows = Uint32Array.from(others.sort((a, b) => distance(a) - distance(b)).slice(0, k));
      const distances = Float32Array.from(rows, (other) => distance(other) / 20);
      return { answer: { row }, packed: [packRows("rows", rows), floats("distances", distances, [rows.length])] };
    },
    failures({ limit }: { limit: number }) {
      const rows = Array.from({ length: traits.failures }, (_, i) => i * 7);
      const failures = rows
        .slice(0, limit)
        .map((row) => ({ row, name: `ship/IMG_${row}.jpg`, reason: "cut off after 12 of 30 kB" }));
      return { answer: { total: rows.length, failures } };
    },
    missing({ limit }: { limit: number }) {
      const all = Array.from({ length: traits.missing }, (_, i) => ({
        name: `ship/GONE_${i}.jpg`,
        tags: i === 0 ? ["to check", "night"] : [],
        seen: 1_700_000_000,
      }));
      return { answer: { total: all.length, missing: all.slice(0, limit) } };
    },
    selection: () => ({ answer: { revision, count: mask.count }, packed: [packMask("mask", mask), ...shown] }),
    tag({ tag, action }: { tag: string; action: "add" | "remove" }, arrays) {
      const picked = rowsOf(maskFromBits(n, arrays.get("mask")?.data as Uint8Array));
      const before = new Set(tags.get(tag));
      const after = new Set(before);
      for (const row of picked) action === "add" ? after.add(row) : after.delete(row);
      const put = (rows: Set<number>) => (rows.size > 0 ? tags.set(tag, rows) : tags.delete(tag));
      put(after);
      const count = Math.abs(after.size - before.size);
      const words = `${action === "add" ? "tag" : "removal of"} "${tag}"`;
      done.push({ words, undo: () => put(before), redo: () => put(after) });
      undone.length = 0;
      changed(words);
      return {
        answer: { changed: count, said: `${count} images ${action === "add" ? "tagged" : "no longer"} "${tag}"` },
      };
    },
    undo() {
      const step = done.pop();
      if (step === undefined) throw new Refusal("there is nothing to undo");
      step.undo();
      undone.push(step);
      changed(step.words);
      return { answer: { changed: 1, said: `undone: ${step.words}` } };
    },
    redo() {
      const step = undone.pop();
      if (step === undefined) throw new Refusal("there is nothing to redo");
      step.redo();
      done.push(step);
      changed(step.words);
      return { answer: { changed: 1, said: `done again: ${step.words}` } };
    },
    cancel_run({ run }: { run: string }) {
      sync(
        "runs",
        traits.runs.map((one) => (one.id === run ? { ...one, state: "cancelled" as const } : one)),
      );
      return { answer: {} };
    },
    retry_run: () => ({ answer: {} }),
    project({ method, dims }: { method: string; dims: 2 | 3 }) {
      const name = dims === 2 ? method : `${method}-3d`;
      const found = traits.layouts.find((one) => one.name === name);
      const twin = traits.layouts.find((one) => one.method === method);
      if (found === undefined && twin !== undefined) {
        sync("layouts", [...traits.layouts, { ...twin, name, dims, title: `${twin.title} 3D` }]);
      }
      sync("layout_name", name);
      return { answer: { name } };
    },
    encoder_choices: () => ({
      answer: {
        timm: [{ name: "timm/tf_efficientnet_lite0", title: "tf_efficientnet_lite0", about: "light", here: true }],
        clip: [],
        columns: ["label"],
      },
    }),
    add_encoder({ kind, size }: { kind: string; size: number | null }) {
      if (kind === "pixels" && (size ?? 0) > 128) throw new Refusal("the side must be 1 to 128 pixels");
      return { answer: { name: "" } };
    },
    keep_column: ({ name }: { name: string }) => ({ answer: { column: `nearest kept: ${name} | pixels` } }),
    compare_encoders: ({ a, b }: { a: string; b: string }) => ({ answer: { column: `differs: ${a} | ${b}` } }),
    rank({ parts }: Questions["rank"]["params"]) {
      const before = traits.query;
      const known = new Map([...rounds.values()].flatMap((round) => round.parts.map((part) => [part.id, part])));
      const made = parts.map((part): QueryPart => {
        const text = part.text ?? (part.kind === "row" ? `IMG_${part.row}` : part.kind);
        const fresh = {
          id: `p${++lastPart}`,
          kind: part.kind,
          like: part.like,
          text,
          row: part.row ?? -1,
          classes: CLASSES[text] ?? [],
        };
        return { ...(known.get(part.id) ?? fresh), like: part.like };
      });
      if (made.some(({ text }) => text === "gibberish")) throw new Refusal('no class is called "gibberish"');
      const id = rounds.size + 1;
      const words = made.map(({ like, text }) => `${like ? "like" : "unlike"} ${text}`).join(", ");
      rounds.set(id, { ...before, id, round: before.round + 1, back: before.id, parts: made, words });
      toRound(id);
      return { answer: { id, words, searched: n } };
    },
    to_round({ id }: { id: number }) {
      toRound(id);
      return { answer: {} };
    },
    part_picture: () => ({
      answer: {},
      packed: [{ about: { name: "picture", dtype: "u8", shape: [1] }, bytes: new Uint8Array([1]) }],
    }),
    cancel: () => ({ answer: {} }),
  };
  const rounds = new Map<number, QueryInfo>();
  let lastPart = 0;

  /** As the kernel does: the column comes and goes with the search, and order and colour follow it. */
  function toRound(id: number): void {
    const others = traits.columns.filter(({ name }) => name !== "similarity");
    const found = rounds.get(id);
    const about = { name: "similarity", kind: "number" as const, revision: id, description: "" };
    sync("columns", found === undefined ? others : [...others, about]);
    sync("query", found === undefined ? NO_QUERY : { ...found, column: "similarity" });
    sync("color_by", found === undefined ? "label" : "similarity");
    sync("sort_by", found === undefined ? null : "similarity");
    sync("sort_descending", found !== undefined);
  }
  const codesAt = (i: number) => (codes[i >> 1] as number) * 0.2;

  async function handle(ask: Ask, buffers: readonly unknown[]): Promise<void> {
    const { client, id } = ask;
    try {
      const listed = (ask.params as { buffers?: Buffer[] }).buffers ?? [];
      const arrays = unpack(listed, buffers);
      if (ask.ask === "select") {
        const among = arrays.get("shown")?.data as Uint8Array | undefined;
        setSelection(maskFromBits(n, arrays.get("mask")?.data as Uint8Array), client, among);
        deliver({ client, id, answer: { revision, count: mask.count } });
        return;
      }
      const handler = handlers[ask.ask] as Handler;
      const { answer, packed = [] } = await handler(ask.params as never, arrays);
      deliver({ client, id, answer: { ...answer, buffers: packed.map(({ about }) => about) } }, packed);
    } catch (error) {
      const kind = error instanceof Refusal ? "asked" : "failed";
      deliver({ client, id, error: { kind, message: (error as Error).message, detail: "" } });
    }
  }

  const model: FakeModel = {
    asked,
    get busy() {
      return busy;
    },
    set busy(on: boolean) {
      busy = on;
      if (!on) for (const answer of waiting.splice(0)) answer();
    },
    wait_ms: () => 0,
    get: (name) => traits[name as keyof Traits],
    set(name, value) {
      if ((traits as unknown as Record<string, unknown>)[name] === value) return;
      (traits as unknown as Record<string, unknown>)[name] = value;
      emit(`change:${name}`);
    },
    save_changes() {},
    on(name, callback) {
      const on = listeners.get(name) ?? new Set();
      listeners.set(name, on.add(callback as Listener));
    },
    off(name, callback) {
      listeners.get(name as string)?.delete(callback as Listener);
    },
    send(content, _callbacks, buffers = []) {
      const ask = content as Ask;
      asked.push(ask);
      const copies = buffers.map((view) => (view as Uint8Array).slice());
      const answer = () => {
        const wait_ms = model.wait_ms(ask.ask);
        if (wait_ms === 0) queueMicrotask(() => void handle(ask, copies));
        else setTimeout(() => void handle(ask, copies), wait_ms);
      };
      if (busy) waiting.push(answer);
      else answer();
    },
    listeners: () => [...listeners.values()].reduce((sum, on) => sum + on.size, 0),
    sync,
    trigger: emit,
    event,
    selection: () => mask,
    selectFromPython(rows) {
      setSelection(maskOfTag(new Set(rows)), "");
    },
    answer(question, handler) {
      handlers[question] = handler;
    },
  };
  return model;
}
