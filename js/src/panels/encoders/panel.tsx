/** The encoders: those that are there, one of them on show; how a training goes; two compared; another added. */

import { useSignal } from "@preact/signals";
import type { EncoderInfo } from "../../protocol.gen";
import type { Store } from "../../store";
import { count, duration } from "../../ui/words";
import { AddEncoder } from "./add";
import { TrainingView } from "./training";

export function EncodersPanel({ store }: { store: Store }) {
  const { encoders, encoder, training } = store.traits;
  const there = encoders.value;
  return (
    <div class="pt-encoders">
      {there.length === 0 && <p class="pt-panel-empty">No encoder has seen these images yet.</p>}
      {there.length > 0 && (
        <ul class="pt-encoder-list" aria-label="Encoders that have seen these images">
          {there.map((info) => (
            <Entry key={info.name} store={store} info={info} shown={info.name === encoder.value} />
          ))}
        </ul>
      )}
      {training.value !== null && <TrainingView store={store} training={training.value} />}
      {there.filter(({ status }) => status === "ready").length > 1 && <Compare store={store} encoders={there} />}
      <AddEncoder store={store} />
    </div>
  );
}

function Entry({ store, info, shown }: { store: Store; info: EncoderInfo; shown: boolean }) {
  const { name, title, rows, seconds, status, note } = info;
  const goOn = status === "partial" && shown;
  return (
    <li>
      <button
        type="button"
        class="pt-encoder"
        aria-pressed={shown}
        title={name}
        onClick={() => {
          if (goOn) void store.addEncoder({ kind: "own", model: name });
          else store.set("encoder", name);
        }}
      >
        <span class="pt-encoder-title">{title}</span>
        <span class="pt-soft pt-number">{stateOf(info)}</span>
        {(note !== "" || goOn) && (
          <span class="pt-encoder-note pt-soft">{goOn ? "Stopped; click to go on." : note}</span>
        )}
      </button>
    </li>
  );

  function stateOf({ status }: EncoderInfo): string {
    if (status === "embedding") return "at work";
    const took =
      seconds === null ? "" : ` in ${seconds < 10 ? `${Math.max(0.1, seconds).toFixed(1)} s` : duration(seconds)}`;
    return `${count(rows)} ${rows === 1 ? "image" : "images"}${took}`;
  }
}

function Compare({ store, encoders }: { store: Store; encoders: readonly EncoderInfo[] }) {
  const ready = encoders.filter(({ status }) => status === "ready");
  const shown = store.traits.encoder.value;
  const other = useSignal("");
  const said = useSignal<string | null>(null);
  const busy = useSignal(false);
  const others = ready.filter(({ name }) => name !== shown);
  const chosen = others.find(({ name }) => name === other.value) ?? others[0];
  if (chosen === undefined || !ready.some(({ name }) => name === shown)) return null;
  return (
    <form
      class="pt-encoder-form"
      onSubmit={async (event) => {
        event.preventDefault();
        busy.value = true;
        said.value = await store.compareEncoders(shown, chosen.name);
        busy.value = false;
      }}
    >
      <h3>Compare</h3>
      <p class="pt-soft">Colours each image by how many of its nearest differ: 0 the same, 1 none in common.</p>
      <label class="pt-encoder-field">
        <span>with</span>
        <select
          value={chosen.name}
          onChange={(event) => {
            other.value = event.currentTarget.value;
          }}
        >
          {others.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
        <button type="submit" class="pt-encoder-go" disabled={busy.value}>
          {busy.value ? "Comparing …" : "Compare"}
        </button>
      </label>
      {said.value !== null && (
        <p class="pt-alarm" role="alert">
          {said.value}
        </p>
      )}
    </form>
  );
}
