/** The line at the bottom: how many images, what is being done, what went wrong. */

import { signal } from "@preact/signals";
import warning from "lucide-static/icons/triangle-alert.svg";
import close from "lucide-static/icons/x.svg";
import { useMemo } from "preact/hooks";
import type { Run } from "../protocol.gen";
import type { Store } from "../store";
import { Fold } from "./fold";
import { Icon, IconButton } from "./icon";
import type { View } from "./view";
import { count, duration, images, rate } from "./words";

/** The runs to speak of: those at work, latest first, else the last one if it did not end well. Only a failure can be dismissed. */
export function runsToShow(runs: readonly Run[], dismissed: ReadonlySet<string>): Run[] {
  const working = runs.filter(({ state }) => state === "running").reverse();
  const last = runs.at(-1);
  if (working.length > 0 || last === undefined || last.state === "done") return working;
  return last.state === "failed" && dismissed.has(last.id) ? [] : [last];
}

export function Status({ store, view }: { store: Store; view: View }) {
  const dismissed = useMemo(() => signal<ReadonlySet<string>>(new Set()), []);
  const { n, failures, missing, runs, notice, restored } = store.traits;
  const connection = store.connection.value;
  const told = runsToShow(runs.value, dismissed.value);
  const latest = told[0];
  return (
    <div class="pt-status">
      {latest?.state === "running" && (
        <div
          class={`pt-progress ${far(latest) === null ? "pt-progress-open" : ""}`}
          style={{ "--pt-done": far(latest) ?? 1 }}
          aria-hidden="true"
        />
      )}
      <span class="pt-status-n">{images(n.value)}</span>
      <Some
        n={failures.value}
        word="failed"
        title="Which images could not be read or embedded, and why"
        open={() => {
          view.overlay.value = { kind: "failures" };
        }}
      />
      <Some
        n={missing.value}
        word="missing"
        title="Which images were here before and are gone; their tags are kept"
        open={() => {
          view.overlay.value = { kind: "missing" };
        }}
      />
      {told.map((run) =>
        run.state === "running" ? (
          <Running key={run.id} run={run} store={store} />
        ) : (
          <Ended
            key={run.id}
            run={run}
            store={store}
            onDismiss={() => {
              dismissed.value = new Set([...dismissed.peek(), run.id]);
            }}
          />
        ),
      )}
      <span class="pt-space" />
      {connection.state === "busy" && (
        <span
          class="pt-pill"
          role="status"
          title="The kernel is running something else. What is loaded works; the rest comes when it is free."
        >
          kernel busy
        </span>
      )}
      {(connection.state === "gone" || connection.state === "version") && (
        <span class="pt-alarm" role="alert">
          <Icon svg={warning} />
          {connection.message}
        </span>
      )}
      {restored.value && connection.state !== "gone" && <Restored store={store} />}
      {notice.value !== "" && connection.state !== "gone" && (
        <span class="pt-notice" title={notice.value}>
          {notice.value}
        </span>
      )}
    </div>
  );
}

/** Share that is done, null while nobody can tell. */
function far(run: Run): number | null {
  return run.total === 0 || starting(run) ? null : run.done / run.total;
}

/** Nothing is done yet: the model is still being loaded. */
function starting({ done, rate }: Run): boolean {
  return done === 0 && rate === null;
}

function Running({ run, store }: { run: Run; store: Store }) {
  const waiting = run.message || (run.total > 0 ? "starting" : "");
  const steps = run.total > 0 ? `${count(run.done)} of ${count(run.total)}` : "";
  return (
    <span class="pt-run">
      <span class="pt-run-words" title={run.message}>
        {run.name} {!starting(run) && <span class="pt-number">{steps}</span>}
      </span>
      {starting(run) && waiting !== "" && <span class="pt-soft">{waiting}</span>}
      {run.rate !== null && <span class="pt-soft pt-number pt-run-rate">{rate(run.rate)}</span>}
      {run.eta_s !== null && <span class="pt-soft pt-number pt-run-left">{duration(run.eta_s)} left</span>}
      <button type="button" class="pt-link" onClick={() => store.cancelRun(run.id)}>
        cancel
      </button>
    </span>
  );
}

/** A sentence that names the run, as the kernel's often does already. */
function failureOf({ name, message }: Run): string {
  return message.startsWith(`${name} failed`) ? message : `${name} failed: ${message}`;
}

function Ended({ run, store, onDismiss }: { run: Run; store: Store; onDismiss: () => void }) {
  const failed = run.state === "failed";
  return (
    <span class={failed ? "pt-run pt-alarm" : "pt-run"} role={failed ? "alert" : "status"}>
      {failed && <Icon svg={warning} />}
      <span class="pt-run-words" title={run.message}>
        {failed ? failureOf(run) : `${run.name} stopped at ${count(run.done)} of ${count(run.total)}`}
      </span>
      <Fold text={run.message} detail={run.detail} />
      <button type="button" class="pt-link" onClick={() => store.retryRun(run.id)}>
        {failed ? "try again" : "go on"}
      </button>
      {failed && <IconButton svg={close} name="Dismiss" onClick={onDismiss} />}
    </span>
  );
}

/** That the view is not the one seen first, and the way to that. */
function Restored({ store }: { store: Store }) {
  return (
    <span class="pt-restored" role="status">
      <span
        class="pt-notice"
        title="Selection, filters, order, colours, map and camera are as this notebook had them last"
      >
        view as you left it
      </span>
      <button type="button" class="pt-link" title="Show all images as on first sight" onClick={store.startFresh}>
        start fresh
      </button>
      <IconButton svg={close} name="Keep this view" onClick={() => store.set("restored", false)} />
    </span>
  );
}

/** So many images of a kind, which lead to their list; nothing where there are none. */
function Some({ n, word, title, open }: { n: number; word: string; title: string; open: () => void }) {
  return n === 0 ? null : (
    <button type="button" class="pt-link" title={title} onClick={open}>
      {count(n)} {word}
    </button>
  );
}
