/** How the clusters go with another column: counts crossed; a click on one selects its images. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { rowsWithCode } from "../../map/coding";
import { modeOf } from "../../map/mode";
import type { CategoryColumn, Store } from "../../store";
import { Choice } from "../../ui/choice";
import { count, images } from "../../ui/words";
import { crossing, MOST, rowsOfCell } from "./crossing";

export function ClusterTable({ store, clusters }: { store: Store; clusters: CategoryColumn }) {
  const others = store.traits.columns.value.filter(({ kind, name }) => kind === "category" && name !== clusters.name);
  const chosen = useSignal("");
  const name = others.some((one) => one.name === chosen.value) ? chosen.value : (others[0]?.name ?? "");
  useEffect(() => {
    chosen.value = name;
  }, [name, chosen]);
  const column = name === "" ? null : store.column(name).value;
  const across = column?.kind === "category" ? column : null;
  const table = useMemo(() => (across === null ? null : crossing(clusters, across)), [clusters, across]);
  if (name === "") return <p class="pt-panel-empty">The table has no column of names to compare the clusters with.</p>;
  if (across === null || table === null) return <p class="pt-panel-empty">fetching {name} …</p>;
  const heads = table.across.slice(0, MOST.across);
  const word = (code: number) => (code < 0 ? "no value" : across.categories[code] || "(empty)");
  return (
    <>
      <div class="pt-clusters-bar">
        <Choice
          label="with"
          hint="Column to compare the clusters with"
          value={name}
          options={others.map((one) => ({ value: one.name, text: one.name }))}
          onChoose={(value) => {
            chosen.value = value;
          }}
        />
        {table.across.length > heads.length && (
          <span class="pt-soft">
            the {count(heads.length)} most frequent of {count(table.across.length)}
          </span>
        )}
      </div>
      <div class="pt-crossing">
        <table>
          <thead>
            <tr>
              <th scope="col">cluster</th>
              {heads.map((code) => (
                <th key={code} scope="col">
                  <span title={word(code)}>{word(code)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {clusters.categories.slice(0, MOST.down).map((cluster, down) => {
              const counts = heads.map((code) => table.count(down, code));
              const most = Math.max(1, ...counts);
              return (
                <tr key={cluster}>
                  <th scope="row">
                    <button
                      type="button"
                      title={`Select ${cluster}`}
                      onClick={(event) => store.select(rowsWithCode(clusters.codes, down + 1), modeOf(event))}
                    >
                      {cluster}
                    </button>
                  </th>
                  {heads.map((code, i) => {
                    const n = counts[i] as number;
                    return (
                      <td key={code}>
                        {n > 0 && (
                          <button
                            type="button"
                            style={{ "--pt-share": n / most }}
                            title={`${cluster}, ${word(code)}: ${images(n)}`}
                            aria-label={`${cluster}, ${word(code)}: ${images(n)}`}
                            onClick={(event) => store.select(rowsOfCell(clusters, across, down, code), modeOf(event))}
                          >
                            {count(n)}
                          </button>
                        )}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
