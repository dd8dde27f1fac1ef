/** What the legend can be told: the order of its entries, how numbers become colours, what the hover card tells. */

import type { TargetedKeyboardEvent } from "preact";
import { useId } from "preact/hooks";
import type { ColorScale } from "../protocol.gen";
import type { Store } from "../store";
import type { Coding } from "./coding";

export type Sorting = "given" | "name" | "count";

const SORTINGS: readonly { sorting: Sorting; name: string }[] = [
  { sorting: "given", name: "as given" },
  { sorting: "name", name: "by name" },
  { sorting: "count", name: "by count" },
];
const SCALES: readonly { kind: ColorScale["kind"]; name: string; hint: string }[] = [
  { kind: "linear", name: "linear", hint: "Evenly from low to high" },
  { kind: "log", name: "log", hint: "By the logarithm; zero and less have the lowest colour" },
  { kind: "quantile", name: "quantile", hint: "Each colour has as many images" },
];

interface MenuProps {
  store: Store;
  coding: Coding;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  onKey: (event: TargetedKeyboardEvent<HTMLElement>) => void;
}

export function LegendMenu({ store, coding, sorting, onSort, onKey }: MenuProps) {
  const { color_scale, card_columns, color_by, columns } = store.traits;
  const group = useId();
  const told = card_columns.value ?? (color_by.value === null ? [] : [color_by.value]);
  const scale = color_scale.value;
  const tellable = columns.value.filter(({ kind }) => kind !== "tags");
  return (
    <fieldset class="pt-legend-menu" aria-label="Order, scale and hover" onKeyDown={onKey}>
      {coding.range === null && coding.entries.length > 1 && (
        <fieldset>
          <legend>Order</legend>
          {SORTINGS.map(({ sorting: one, name }) => (
            <label key={one}>
              <input type="radio" name={`${group}order`} checked={one === sorting} onChange={() => onSort(one)} />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      {coding.range !== null && (
        <fieldset>
          <legend>Scale</legend>
          {SCALES.map(({ kind, name, hint }) => (
            <label key={kind} title={hint}>
              <input
                type="radio"
                name={`${group}scale`}
                checked={kind === scale.kind}
                onChange={() => store.set("color_scale", { ...scale, kind })}
              />
              {name}
            </label>
          ))}
          <label title="Swap the ends of the colours">
            <input
              type="checkbox"
              checked={scale.reversed}
              onChange={() => store.set("color_scale", { ...scale, reversed: !scale.reversed })}
            />
            reversed
          </label>
        </fieldset>
      )}
      {tellable.length > 0 && (
        <fieldset>
          <legend>Shown on hover</legend>
          {tellable.map(({ name }) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={told.includes(name)}
                onChange={() =>
                  store.set("card_columns", told.includes(name) ? told.filter((one) => one !== name) : [...told, name])
                }
              />
              <span class="pt-legend-name">{name}</span>
            </label>
          ))}
        </fieldset>
      )}
    </fieldset>
  );
}
