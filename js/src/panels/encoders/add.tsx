/** The form that adds an encoder: its kind, and the few things that matter for it. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { EncoderChoicesAnswer, Suggestion } from "../../protocol.gen";
import type { Store } from "../../store";

type Kind = "timm" | "clip" | "pixels" | "autoencoder" | "finetuned" | "own" | "given";

const KINDS: readonly { kind: Kind; text: string; about: string }[] = [
  { kind: "timm", text: "pretrained (timm)", about: "Knows everyday things from a million photos." },
  { kind: "clip", text: "CLIP", about: "Also understands sentences, so that one can search by words." },
  { kind: "pixels", text: "pixels", about: "For drawings, digits, icons: no network, no download." },
  {
    kind: "autoencoder",
    text: "autoencoder",
    about: "Trained on these images, without labels, for what no model knows.",
  },
  {
    kind: "finetuned",
    text: "tuned on a column",
    about: "A pretrained model taught to tell the values of a column apart.",
  },
  {
    kind: "own",
    text: "one of yours",
    about:
      "A function, a torch module or a vision model of Hugging Face in this notebook, or a file of one trained here.",
  },
  { kind: "given", text: "vectors you have", about: "One for each image, in order; files are .npy or Parquet." },
];

const NAMED = {
  own: { label: "variable", usual: "its name, or a file" },
  given: { label: "vectors", usual: "a column, a variable or a file" },
} as const;

export function AddEncoder({ store }: { store: Store }) {
  const kind = useSignal<Kind>("timm");
  const choices = useSignal<EncoderChoicesAnswer | null>(null);
  const model = useSignal("");
  const checkpoint = useSignal("");
  const size = useSignal("");
  const dims = useSignal("");
  const epochs = useSignal("");
  const net = useSignal("convolutional");
  const column = useSignal("");
  const said = useSignal<string | null>(null);
  const asking = useSignal(false);
  useEffect(() => {
    void store.encoderChoices().then(
      (found) => {
        choices.value = found;
      },
      () => {},
    );
  }, [store, choices]);

  const about = KINDS.find((one) => one.kind === kind.value)?.about ?? "";
  const columns = choices.value?.columns ?? [];
  const models = (kind.value === "clip" ? choices.value?.clip : choices.value?.timm) ?? [];
  const number = (text: string) => (text.trim() === "" ? null : Number(text));
  const trained = kind.value === "autoencoder" || kind.value === "finetuned";
  const inEpochs = kind.value === "finetuned" || (kind.value === "autoencoder" && net.value === "convolutional");

  async function add(form: HTMLElement): Promise<void> {
    asking.value = true;
    said.value = null;
    said.value = await store.addEncoder({
      kind: kind.value,
      model: ["timm", "clip", "finetuned"].includes(kind.value)
        ? model.value.trim() || (models[0]?.name ?? "")
        : kind.value in NAMED
          ? model.value.trim()
          : null,
      checkpoint: (kind.value === "timm" && checkpoint.value.trim()) || null,
      size:
        kind.value === "pixels"
          ? number(size.value || "32")
          : kind.value === "autoencoder"
            ? number(size.value || "64")
            : kind.value === "timm"
              ? number(size.value)
              : null,
      dims: kind.value === "autoencoder" ? number(dims.value) : null,
      net: kind.value === "autoencoder" ? (net.value as "convolutional" | "linear") : null,
      epochs: inEpochs ? number(epochs.value) : null,
      column: kind.value === "finetuned" ? column.value || (columns[0] ?? null) : null,
    });
    asking.value = false;
    // The list above has it now: it is in sight only where the form is short.
    const body = form.closest(".pt-panel-body");
    if (said.value === null && body !== null) body.scrollTop = 0;
  }

  return (
    <form
      class="pt-encoder-form"
      aria-label="Add an encoder"
      onSubmit={(event) => {
        event.preventDefault();
        void add(event.currentTarget);
      }}
    >
      <h3>Add</h3>
      <label class="pt-encoder-field">
        <span>kind</span>
        <select
          value={kind.value}
          onChange={(event) => {
            kind.value = event.currentTarget.value as Kind;
            said.value = null;
            model.value = "";
            checkpoint.value = "";
            size.value = "";
          }}
        >
          {KINDS.map((one) => (
            <option key={one.kind} value={one.kind}>
              {one.text}
            </option>
          ))}
        </select>
      </label>
      <p class="pt-soft">{about}</p>
      {["timm", "clip", "finetuned"].includes(kind.value) && (
        <Models value={model} models={models} clip={kind.value === "clip"} />
      )}
      {kind.value in NAMED && <Field {...NAMED[kind.value as keyof typeof NAMED]} value={model} words />}
      {kind.value === "pixels" && <Field label="side, px" value={size} usual="32" />}
      {kind.value === "timm" && (
        <>
          <Field label="input, px" value={size} usual="as trained" />
          <Field label="weights" value={checkpoint} usual="as published, or a file" words />
        </>
      )}
      {kind.value === "autoencoder" && (
        <>
          <label class="pt-encoder-field">
            <span>network</span>
            <select
              value={net.value}
              onChange={(event) => {
                net.value = event.currentTarget.value;
              }}
            >
              <option value="convolutional">convolutional</option>
              <option value="linear">none: pixels after PCA</option>
            </select>
          </label>
          <Field label="input, px" value={size} usual="64" />
          <Field label="numbers" value={dims} usual="64" />
        </>
      )}
      {kind.value === "finetuned" && (
        <label class="pt-encoder-field">
          <span>column</span>
          <select
            value={column.value || (columns[0] ?? "")}
            onChange={(event) => {
              column.value = event.currentTarget.value;
            }}
          >
            {columns.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      {kind.value === "finetuned" && columns.length === 0 && <p class="pt-soft">No column has values that repeat.</p>}
      {inEpochs && <Field label="epochs" value={epochs} usual={kind.value === "autoencoder" ? "20" : "10"} />}
      <button
        type="submit"
        class="pt-encoder-go"
        disabled={asking.value || (kind.value === "finetuned" && columns.length === 0)}
      >
        {trained ? "Train and show" : kind.value === "given" ? "Show" : "Embed and show"}
      </button>
      {said.value !== null && (
        <p class="pt-alarm" role="alert" ref={intoSight}>
          {said.value}
        </p>
      )}
    </form>
  );
}

function intoSight(alarm: HTMLElement | null): void {
  alarm?.scrollIntoView?.({ block: "nearest" });
}

function Field({
  label,
  value,
  usual,
  words = false,
}: {
  label: string;
  value: Signal<string>;
  usual: string;
  words?: boolean;
}) {
  return (
    <label class="pt-encoder-field">
      <span>{label}</span>
      <input
        inputMode={words ? "text" : "numeric"}
        pattern={words ? undefined : "\\s*[0-9]*\\s*"}
        title={words ? undefined : "a whole number"}
        placeholder={usual}
        value={value.value}
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
      />
    </label>
  );
}

function Models({ value, models, clip }: { value: Signal<string>; models: readonly Suggestion[]; clip: boolean }) {
  return (
    <>
      <label class="pt-encoder-field">
        <span>model</span>
        <input
          placeholder={models[0]?.name ?? (clip ? "architecture/weights, or a file" : "a name of timm")}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      </label>
      <ul class="pt-suggestions">
        {models.map(({ name, title, about, here }) => (
          <li key={name}>
            <button
              type="button"
              title={name}
              onClick={() => {
                value.value = name;
              }}
            >
              {title}
              <span class="pt-soft">
                {" "}
                {about}; {here ? "on this machine" : "has to be fetched"}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
