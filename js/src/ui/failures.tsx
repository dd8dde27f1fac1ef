/** The images that could not be read, or that the encoder failed on, each with its reason. */

import type { Store } from "../store";
import { Told } from "./told";
import type { View } from "./view";
import { images } from "./words";

export function Failures({ store, view }: { store: Store; view: View }) {
  const total = store.traits.failures.value;

  function look(row: number): void {
    view.overlay.value = null;
    store.select([row], "replace");
    store.focus(row, "map");
  }

  return (
    <Told
      view={view}
      title={`${images(total)} could not be read or embedded`}
      total={total}
      ask={store.failures}
      all="failures"
      entries={({ failures }) =>
        failures.map(({ row, name, reason }) => (
          <li key={row}>
            <button type="button" class="pt-line pt-failure" title={name} onClick={() => look(row)}>
              <span class="pt-failure-name">{name}</span>
              <span class="pt-soft">{reason}</span>
            </button>
          </li>
        ))
      }
    />
  );
}
