/** A training under way: how far, the error of each epoch as a line, images and what an autoencoder makes of them. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Training } from "../../protocol.gen";
import type { Store } from "../../store";
import { duration } from "../../ui/words";

const PICTURES = 6;
const WIDE = 240;
const HIGH = 36;

/** The points of a line through the errors, the largest at the top. */
export function lineOf(losses: readonly number[], epochs: number): string {
  const low = Math.min(...losses);
  const span = Math.max(...losses) - low || 1;
  const step = WIDE / Math.max(1, epochs - 1);
  return losses
    .map((loss, i) => `${(i * step).toFixed(1)},${(2 + (HIGH - 4) * (1 - (loss - low) / span)).toFixed(1)}`)
    .join(" ");
}

export function TrainingView({ store, training }: { store: Store; training: Training }) {
  const { losses, epochs, kind, title, before, after, said } = training;
  const run = store.traits.runs.value.find(({ id }) => id === training.run);
  const works = run?.state === "running";
  const last = losses.at(-1);
  const section = useRef<HTMLElement>(null);

  // It began with a button further down.
  useLayoutEffect(() => {
    const panel = section.current?.closest<HTMLElement>(".pt-panel-body");
    if (works && panel && section.current) panel.scrollTop = section.current.offsetTop - panel.offsetTop;
  }, [works]);

  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return (
    <section ref={section} class="pt-training" aria-label={`Training: ${title}`}>
      <h3>{works ? `Training: ${title}` : `Trained: ${title}`}</h3>
      {works && run !== undefined && (
        <p class="pt-soft">
          {run.message || "starting"}
          {run.eta_s !== null && `, ${duration(run.eta_s)} left`}{" "}
          <button type="button" class="pt-link" onClick={() => store.cancelRun(run.id)}>
            cancel
          </button>
        </p>
      )}
      {(run?.state === "failed" || run?.state === "cancelled") && (
        <p class={run.state === "failed" ? "pt-alarm" : "pt-soft"} role={run.state === "failed" ? "alert" : "status"}>
          {run.state === "failed" ? run.message : `Stopped after ${losses.length} of ${epochs} epochs; they are kept.`}{" "}
          <button type="button" class="pt-link" onClick={() => store.retryRun(run.id)}>
            {run.state === "failed" ? "try again" : "go on"}
          </button>
        </p>
      )}
      {losses.length > 1 && (
        <svg
          class="pt-training-line"
          viewBox={`0 0 ${WIDE} ${HIGH}`}
          role="img"
          aria-label={`error ${last?.toFixed(4)}`}
        >
          <polyline points={lineOf(losses, epochs)} />
        </svg>
      )}
      {last !== undefined && said === "" && !works && (
        <p class="pt-soft pt-number">
          epoch {losses.length} of {epochs}, error {last.toFixed(4)}
        </p>
      )}
      {before !== null && (
        <p class="pt-number">
          right by its neighbours: {percent(before)} before{after !== null && `, ${percent(after)} after`}
        </p>
      )}
      {said !== "" && <p class="pt-soft">{said}</p>}
      {kind === "autoencoder" && losses.length > 0 && <Strip store={store} epoch={losses.length} />}
    </section>
  );
}

function Strip({ store, epoch }: { store: Store; epoch: number }) {
  const urls = useSignal<readonly string[]>([]);
  useEffect(() => {
    let gone = false;
    let mine: string[] = [];
    void store.reconstructions(PICTURES).then((blobs) => {
      if (gone || blobs === null) return;
      mine = blobs.map((blob) => URL.createObjectURL(blob));
      urls.value = mine;
    });
    return () => {
      gone = true;
      for (const url of mine) URL.revokeObjectURL(url);
    };
  }, [store, epoch, urls]);
  const half = urls.value.length / 2;
  if (half === 0) return null;
  return (
    <div class="pt-strip" style={{ "--pt-strip": half }}>
      {urls.value.map((url, i) => (
        <img
          key={url}
          src={url}
          alt={i < half ? `image ${i + 1}` : `what the autoencoder makes of image ${i - half + 1}`}
        />
      ))}
    </div>
  );
}
