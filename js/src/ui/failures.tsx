/** The images that could not be read, each with its reason. */

import { useEffect, useState } from "preact/hooks";
import type { FailuresAnswer } from "../protocol.gen";
import type { Store } from "../store";
import { Dialog } from "./dialog";
import type { View } from "./view";
import { count, images } from "./words";

const LISTED = 500;

export function Failures({ store, view }: { store: Store; view: View }) {
  const [answer, setAnswer] = useState<FailuresAnswer | null>(null);
  const [error, setError] = useState("");
  const total = store.traits.failures.value;

  useEffect(() => {
    let wanted = true;
    store.failures(LISTED).then(
      (got) => wanted && setAnswer(got),
      (refused: Error) => wanted && setError(refused.message),
    );
    return () => {
      wanted = false;
    };
  }, [store, total]);

  function look(row: number): void {
    view.overlay.value = null;
    store.select([row], "replace");
    store.focus(row, "map");
  }

  return (
    <Dialog view={view} title={`${images(total)} could not be read`} class="pt-failures">
      {error !== "" && <p class="pt-soft">{error}</p>}
      {answer === null && error === "" && <p class="pt-soft">asking the kernel…</p>}
      <ul>
        {answer?.failures.map(({ row, name, reason }) => (
          <li key={row}>
            <button type="button" class="pt-line pt-failure" title={name} onClick={() => look(row)}>
              <span class="pt-failure-name">{name}</span>
              <span class="pt-soft">{reason}</span>
            </button>
          </li>
        ))}
      </ul>
      {answer !== null && answer.total > answer.failures.length && (
        <p class="pt-soft">and {count(answer.total - answer.failures.length)} more: see `failures` of the collection</p>
      )}
    </Dialog>
  );
}
