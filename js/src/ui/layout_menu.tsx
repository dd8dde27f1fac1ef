/** The box behind the map's menu: how far each map can be trusted, and a small form for another one. */

import { type Signal, useSignal } from "@preact/signals";
import settings from "lucide-static/icons/sliders-horizontal.svg";
import { useEffect, useRef } from "preact/hooks";
import type { LayoutInfo, MeasureAnswer } from "../protocol.gen";
import type { Store } from "../store";
import { IconButton } from "./icon";
import { images } from "./words";

type Parameter = "n_neighbors" | "min_dist" | "perplexity" | "seed";
type Measured = MeasureAnswer | { why: string };

interface Way {
  readonly method: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

const WAYS: readonly Way[] = [
  { method: "umap", name: "UMAP", parameters: ["n_neighbors", "min_dist", "seed"] },
  { method: "tsne", name: "t-SNE", parameters: ["perplexity", "seed"] },
  { method: "pacmap", name: "PaCMAP", parameters: ["n_neighbors", "seed"] },
  { method: "pca", name: "PCA", parameters: [] },
];

const HINTS: Record<Parameter, string> = {
  n_neighbors: "How many nearest images hold each in its place: few show small groups, many the whole",
  min_dist: "How tight images may lie: 0 packs groups, 1 spreads them evenly",
  perplexity: "About how many nearest images count for each; left empty with many images, the 15 nearest count alike",
  seed: "Another number gives another map of the same images",
};

/** Of more images t-SNE counts the 15 nearest alike, where no perplexity is given. */
const WEIGHED_UP_TO = 20_000;

/** What each parameter is when it is left alone, for n images; as in analysis/recipes.py. */
export function usual(method: string, n: number): Partial<Record<Parameter, number>> {
  const perplexity = Math.max(1, Math.floor(Math.min(30, (n - 2) / 3)));
  return {
    n_neighbors: method === "pacmap" ? 10 : n < 150 ? 8 : 15,
    min_dist: 0.1,
    ...(n <= WEIGHED_UP_TO && { perplexity }),
    seed: 0,
  };
}

/** The name of a layout with these parameters; those that are as usual are left out. */
export function methodWith(way: Way, given: Partial<Record<Parameter, number>>, n: number): string {
  const own = way.parameters
    .filter((name) => given[name] !== undefined && given[name] !== usual(way.method, n)[name])
    .map((name) => `${name}=${given[name]}`);
  return [way.method, ...own].join(" ");
}

/** How many images were placed in a map that was made before they came. */
export const addedWords = ({ added, placed }: LayoutInfo) =>
  `${images(added)}, ${Math.round((100 * added) / Math.max(1, placed))} %, came after this map`;

export const ANEW_HINT = "They lie among the images most like them. Lay all out anew and they have a part in the map";

/** Only some images are on it. */
export const isPartial = ({ method }: { method: string }) => method.includes(" within=");

export function qualityWords(measured: Measured | undefined): string {
  if (measured === undefined) return "measuring …";
  if ("why" in measured) return measured.why;
  const { trustworthiness, preserved, k } = measured;
  if (trustworthiness === null || preserved === null) return "too few images to measure";
  return `trust ${trustworthiness.toFixed(2)} · keeps ${Math.round(100 * preserved)} % of ${k} nearest`;
}

const isKnown = (measured: Measured | undefined) =>
  measured !== undefined && "k" in measured && measured.preserved !== null;

export function LayoutMenu({ store }: { store: Store }) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const known = useSignal<ReadonlyMap<string, Measured>>(new Map());

  useEffect(() => {
    if (!open.value) return;
    box.current?.querySelector<HTMLElement>(".pt-layouts")?.focus({ preventScroll: true });
    const root = box.current?.getRootNode() as Document | ShadowRoot;
    const ends = new AbortController();
    root.addEventListener(
      "pointerdown",
      (event) => {
        if (!box.current?.contains(event.target as Node)) open.value = false;
      },
      { capture: true, signal: ends.signal },
    );
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      open.value = false;
      box.current?.querySelector("button")?.focus();
    };
    box.current?.addEventListener("keydown", onKey, { signal: ends.signal });
    return () => ends.abort();
  }, [open.value, open]);

  return (
    <div ref={box} class="pt-layout-menu">
      <IconButton
        svg={settings}
        name="Maps and their quality"
        hint="Make another map; how far each can be trusted"
        pressed={open.value}
        onClick={() => {
          open.value = !open.peek();
        }}
      />
      {open.value && (
        <div class="pt-layouts" role="dialog" aria-label="Maps" tabIndex={-1}>
          <LayoutList store={store} known={known} />
          <LayoutForm
            store={store}
            onMade={() => {
              open.value = false;
            }}
          />
        </div>
      )}
    </div>
  );
}

const keyOf = ({ name, revision }: LayoutInfo) => `${name} ${revision}`;

function LayoutList({ store, known }: { store: Store; known: Signal<ReadonlyMap<string, Measured>> }) {
  const layouts = store.traits.layouts.value;
  const missing = layouts.find((info) => info.status === "ready" && !known.value.has(keyOf(info)));
  const next = missing === undefined ? "" : keyOf(missing);

  // One after the other, the first in the list first; closing the menu takes the question back.
  useEffect(() => {
    if (missing === undefined) return;
    const abort = new AbortController();
    const put = (measured: Measured) => {
      if (!abort.signal.aborted) known.value = new Map([...known.peek(), [next, measured]]);
    };
    store.measure(missing.name, abort.signal).then(put, (refused: Error) => put({ why: refused.message }));
    return () => abort.abort();
  }, [store, next, known]);

  async function colorBy(info: LayoutInfo): Promise<void> {
    const why = await store.colorByKept(info.name);
    if (why !== null) known.value = new Map([...known.peek(), [keyOf(info), { why }]]);
    else store.set("layout_name", info.name);
  }

  return (
    <ul>
      {layouts.map((info) => (
        <li key={info.name}>
          <button
            type="button"
            class="pt-line"
            aria-pressed={info.name === store.traits.layout_name.value}
            onClick={() => store.set("layout_name", info.name)}
          >
            <span>{info.title}</span>
            <span class="pt-soft">
              {info.status === "growing" ? "being made …" : qualityWords(known.value.get(keyOf(info)))}
            </span>
            {info.added > 0 && <span class="pt-soft">{addedWords(info)}</span>}
          </button>
          {info.added > 0 && (
            <button type="button" class="pt-link" title={ANEW_HINT} onClick={() => store.layAnew(info)}>
              lay out anew
            </button>
          )}
          {isKnown(known.value.get(keyOf(info))) && (
            <button
              type="button"
              class="pt-link"
              aria-label={`Colour by how many of their nearest the images keep: ${info.title}`}
              title="Colour each image by the share of its nearest ones that are nearest on this map too"
              onClick={() => void colorBy(info)}
            >
              colour by it
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

function LayoutForm({ store, onMade }: { store: Store; onMade: () => void }) {
  const method = useSignal("umap");
  const given = useSignal<Partial<Record<Parameter, number>>>({});
  const n = store.traits.n.value;
  const way = WAYS.find((one) => one.method === method.value) as Way;
  const made = methodWith(way, given.value, n);
  const missing = store.traits.missing_ways.value;
  const layouts = store.traits.layouts.value;
  const there = layouts.some((info) => info.method === made && info.dims === 2);
  return (
    <form
      class="pt-layout-form"
      onSubmit={(event) => {
        event.preventDefault();
        store.project(made, 2);
        onMade();
      }}
    >
      <fieldset class="pt-switch pt-switch-wide" aria-label="Kind of map">
        {WAYS.map((one) => (
          <button
            key={one.method}
            type="button"
            aria-pressed={one === way}
            disabled={missing[one.method] !== undefined}
            title={missing[one.method]}
            onClick={() => {
              method.value = one.method;
            }}
          >
            {one.name}
          </button>
        ))}
      </fieldset>
      {way.parameters.map((name) => (
        <label key={name} class="pt-form-line" title={HINTS[name]}>
          <span class="pt-soft">{name}</span>
          <input
            type="number"
            name={name}
            min={name === "n_neighbors" ? 2 : name === "perplexity" ? 1 : 0}
            max={name === "min_dist" ? 1 : undefined}
            step={name === "min_dist" ? 0.01 : 1}
            value={given.value[name] ?? usual(way.method, n)[name]}
            placeholder={name === "perplexity" ? "none" : undefined}
            onInput={(event) => {
              const value = event.currentTarget.valueAsNumber;
              const { [name]: _, ...others } = given.peek();
              given.value = Number.isFinite(value) ? { ...others, [name]: value } : others;
            }}
          />
        </label>
      ))}
      <div class="pt-form-line">
        <span class="pt-soft">metric cosine · {images(n)}</span>
        <span class="pt-space" />
        <button type="submit" class="pt-button">
          {there ? "Show this map" : "Make this map"}
        </button>
      </div>
    </form>
  );
}
