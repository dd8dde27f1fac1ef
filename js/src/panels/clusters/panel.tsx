/** The clusters panel: how to make them, those there are, and how they go with the labels. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CategoryColumn, Connection, Store } from "../../store";
import type { View } from "../../ui/view";
import { count } from "../../ui/words";
import { ClusterList } from "./list";
import { ClusterSettingsForm } from "./settings";
import { ClusterTable } from "./table";

/** As Collection.cluster_column: our clusters are in one of these. */
const COLUMNS = ["cluster", "cluster_found"];

export function ClustersPanel({ store, view }: { store: Store; view: View }) {
  const { clusters } = store;
  const crossed = useSignal(false);
  /** Whether the settings are open; without clusters they are anyway. */
  const making = useSignal(false);
  const keepOpen = () => {
    making.value = true;
  };
  const state = store.traits.columns.value
    .filter(({ name }) => COLUMNS.includes(name))
    .map(({ name, revision }) => `${name} ${revision}`)
    .join();
  const encoder = store.traits.encoder.value;
  useEffect(() => clusters.look(), [clusters, state, encoder]);

  const found = clusters.found.value;
  const column = found?.column == null ? null : store.column(found.column).value;
  // The names come with the column and with the answer to `look`, one before the other.
  const same =
    column?.kind === "category" &&
    column.categories.length === found?.names.length &&
    column.categories.every((name) => found.names.includes(name));
  const isKnown = found !== null && (found.column === null || column?.kind === "category");
  return (
    <>
      {!isKnown && <Unknown connection={store.connection.value} />}
      {(found?.column === null || making.value) && <ClusterSettingsForm store={store} onFound={keepOpen} />}
      {found?.column === null && (
        <p class="pt-panel-empty">
          No clusters yet. Clusters are groups of images that look alike; each gets a name, a colour on the map, and a
          value in the column <q>cluster</q>.
        </p>
      )}
      {found?.column != null && column?.kind === "category" && (
        <>
          <div class="pt-clusters-head">
            <b>{count(column.categories.length)}</b> {column.categories.length === 1 ? "cluster" : "clusters"}
            {store.traits.color_by.value !== column.name && (
              <button type="button" class="pt-link" onClick={() => store.set("color_by", column.name)}>
                colour by them
              </button>
            )}
            <button
              type="button"
              class="pt-link"
              aria-expanded={making.value}
              onClick={() => {
                making.value = !making.peek();
              }}
            >
              settings
            </button>
            <span class="pt-space" />
            <fieldset class="pt-switch" aria-label="How they are shown">
              {[false, true].map((table) => (
                <button
                  key={String(table)}
                  type="button"
                  aria-pressed={crossed.value === table}
                  title={table ? "How the clusters go with a column" : "One line each"}
                  onClick={() => {
                    crossed.value = table;
                  }}
                >
                  {table ? "Table" : "List"}
                </button>
              ))}
            </fieldset>
          </div>
          {crossed.value ? (
            <ClusterTable store={store} clusters={column} />
          ) : (
            <ClusterList store={store} view={view} column={column} medoids={medoidsOf(column, same ? found : null)} />
          )}
        </>
      )}
    </>
  );
}

/** Why there is nothing to show: most often the answer is a moment away, and nothing is said. */
function Unknown({ connection }: { connection: Connection }) {
  if (connection.state === "ok") return null;
  const why =
    connection.state === "busy" ? "The kernel is busy: the clusters come when it is free." : connection.message;
  return (
    <p class="pt-panel-empty" role="status">
      {why}
    </p>
  );
}

/** The row that stands for each category, -1 while that is not known. */
function medoidsOf(column: CategoryColumn, found: { names: readonly string[]; medoids: Uint32Array } | null): number[] {
  return column.categories.map((name) => (found === null ? -1 : (found.medoids[found.names.indexOf(name)] ?? -1)));
}
