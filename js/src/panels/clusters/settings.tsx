/** How clusters are to be made: method, of what, its one option; what that would give, counted meanwhile; the button. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Refused } from "../../link";
import type { ClusterCounts, ClusterMethod } from "../../protocol.gen";
import type { Store } from "../../store";
import type { ClusterSettings } from "../../store/clusters";
import { count, images } from "../../ui/words";
import { OwnWords } from "./own_words";

/** So long after the last change the settings are tried. */
const REST_MS = 250;

interface Way {
  readonly method: ClusterMethod;
  readonly name: string;
  readonly hint: string;
  readonly option: string;
  readonly optionHint: string;
  readonly whole: boolean;
}

const WAYS: readonly Way[] = [
  {
    method: "communities",
    name: "Communities",
    hint: "Groups that are tied together in the graph of nearest images; every image is in one",
    option: "resolution",
    optionHint: "1 is usual; more makes more and smaller clusters",
    whole: false,
  },
  {
    method: "hdbscan",
    name: "HDBSCAN",
    hint: "Dense regions; what lies between them is in no cluster",
    option: "min size",
    optionHint: "The smallest group that counts as a cluster",
    whole: true,
  },
  {
    method: "kmeans",
    name: "k-means",
    hint: "As many round groups as you say; every image is in one",
    option: "k",
    optionHint: "How many clusters",
    whole: true,
  },
];

/** From where to where the option can go, for n images. */
export function rangeOf(method: ClusterMethod, n: number): { low: number; high: number } {
  if (method === "communities") return { low: 0.1, high: 10 };
  return method === "hdbscan"
    ? { low: 2, high: Math.max(3, Math.min(1000, Math.round(n / 4))) }
    : { low: 1, high: Math.max(2, Math.min(200, n)) };
}

/** The slider goes by ratios: from 2 to 4 is as far as from 50 to 100. */
export function fromSlider(share: number, { low, high }: { low: number; high: number }, whole: boolean): number {
  const value = low * (high / low) ** share;
  return whole ? Math.round(value) : Number(value.toPrecision(2));
}

export function toSlider(value: number, { low, high }: { low: number; high: number }): number {
  return Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low);
}

type Tried = { settings: ClusterSettings; counts: ClusterCounts } | { settings: ClusterSettings; why: string };

interface FormProps {
  store: Store;
  onFound: () => void;
}

export function ClusterSettingsForm({ store, onFound }: FormProps) {
  const { settings, found } = store.clusters;
  const touched = useSignal(false);
  const tried = useSignal<Tried | null>(null);
  const finding = useSignal(false);
  const counting = useRef<AbortController | null>(null);
  const now = settings.value;
  const way = WAYS.find(({ method }) => method === now.method) as Way;
  const range = rangeOf(now.method, store.traits.n.value);
  const layout = store.traits.layouts.value.find(({ name }) => name === store.traits.layout_name.value);
  const none = found.value?.column === null;
  const wanted = touched.value || none;
  const gone = store.connection.value.state === "gone" || store.connection.value.state === "version";
  /** The map on show is part of what was tried. */
  const map = now.of === "map" ? `${layout?.name} ${layout?.revision}` : "";

  useEffect(() => {
    counting.current?.abort();
    if (!wanted || gone) return;
    const abort = new AbortController();
    counting.current = abort;
    const timer = setTimeout(() => {
      store.clusters.count(now, abort.signal).then(
        (counts) => {
          if (!abort.signal.aborted) tried.value = { settings: now, counts };
        },
        (refused: Error) => {
          if (!abort.signal.aborted) tried.value = { settings: now, why: refused.message };
        },
      );
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [store, now, map, wanted, gone, tried]);

  function change(next: Partial<ClusterSettings>): void {
    touched.value = true;
    settings.value = { ...settings.peek(), ...next };
  }

  async function find(): Promise<void> {
    counting.current?.abort();
    finding.value = true;
    try {
      await store.clusters.find(settings.peek(), new AbortController().signal);
      touched.value = false;
      onFound();
    } catch (refused) {
      const { kind, message } = refused instanceof Refused ? refused : new Refused("protocol", String(refused));
      if (kind !== "cancelled") tried.value = { settings: now, why: message };
    }
    finding.value = false;
  }

  const said = tried.value?.settings === now ? tried.value : null;
  const counts = said !== null && "counts" in said ? said.counts : null;
  const last = tried.value !== null && "counts" in tried.value ? tried.value : null;
  const shown = now.option ?? counts?.option ?? (last?.settings.method === now.method ? last.counts.option : null);
  return (
    <div class="pt-cluster-form">
      <fieldset class="pt-switch pt-switch-wide" aria-label="Method">
        {WAYS.map(({ method, name, hint }) => (
          <button
            key={method}
            type="button"
            aria-pressed={method === now.method}
            title={hint}
            onClick={() => method !== now.method && change({ method, option: null })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <label class="pt-form-line">
        <span class="pt-soft">of</span>
        <select
          aria-label="What is clustered"
          value={now.of}
          onChange={(event) => change({ of: event.currentTarget.value as ClusterSettings["of"] })}
        >
          <option value="vectors">the embedding</option>
          <option value="map" disabled={layout === undefined}>
            the map on show{layout === undefined ? "" : `, ${layout.title}`}
          </option>
        </select>
      </label>
      <div class="pt-form-line" title={way.optionHint}>
        <span class="pt-soft">{way.option}</span>
        <input
          type="range"
          aria-label={`${way.option}, slider`}
          min={0}
          max={1}
          step={0.005}
          value={shown === null ? 0.5 : toSlider(shown, range)}
          onInput={(event) => change({ option: fromSlider(Number(event.currentTarget.value), range, way.whole) })}
        />
        <input
          type="number"
          aria-label={way.option}
          min={way.whole ? range.low : 0.01}
          step={way.whole ? 1 : "any"}
          value={shown ?? ""}
          placeholder="auto"
          onChange={(event) => {
            const value = event.currentTarget.valueAsNumber;
            change({ option: Number.isFinite(value) ? value : null });
          }}
        />
      </div>
      {found.value !== null && <OwnWords typed={store.clusters.words} understood={found.value.readsWords} />}
      <div class="pt-form-line">
        <span class="pt-cluster-counts" role="status">
          {said !== null && "why" in said ? (
            <span class="pt-alarm-words">{said.why}</span>
          ) : counts !== null ? (
            <>
              <b>{count(counts.clusters)}</b> {counts.clusters === 1 ? "cluster" : "clusters"}
              {counts.noise > 0 && <span class="pt-soft"> · {images(counts.noise)} in none</span>}
            </>
          ) : finding.value ? (
            <span class="pt-soft">finding clusters …</span>
          ) : (
            wanted && !gone && <span class="pt-soft">counting …</span>
          )}
        </span>
        <button type="button" class="pt-button" disabled={finding.value || gone} onClick={() => void find()}>
          {none || found.value === null ? "Find clusters" : "Find anew"}
        </button>
      </div>
    </div>
  );
}
