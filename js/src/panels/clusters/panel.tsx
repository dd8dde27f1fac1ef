/** The clusters of the images, as a list: each with its name and size; a click selects its images. */

import { modeOf } from "../../map/mode";
import type { Store } from "../../store";
import { count } from "../../ui/words";
import { sizesOf } from "./sizes";

/** As Collection.cluster_column; `cluster_found` where the table has a column `cluster` of its own. */
const COLUMNS = ["cluster", "cluster_found"];

export function ClustersPanel({ store }: { store: Store }) {
  const info = store.traits.columns.value.findLast(({ name }) => COLUMNS.includes(name));
  const column = info === undefined ? null : store.column(info.name).value;
  if (column?.kind !== "category") return <p class="pt-panel-empty">No clusters yet.</p>;
  const sizes = sizesOf(column);
  return (
    <ul class="pt-clusters">
      {column.categories.map((name, number) => (
        <li key={name}>
          <button
            type="button"
            class="pt-cluster"
            onClick={(event) => {
              const rows = Array.from(column.codes.keys()).filter((row) => column.codes[row] === number + 1);
              store.select(rows, modeOf(event));
            }}
          >
            <span>{name}</span>
            <span class="pt-soft pt-number">{count(sizes[number] as number)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
