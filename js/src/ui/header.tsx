/** The line on top: what is shown, which layout, which colour. */

import help from "lucide-static/icons/circle-question-mark.svg";
import maximize from "lucide-static/icons/maximize-2.svg";
import minimize from "lucide-static/icons/minimize-2.svg";
import type { LayoutInfo } from "../protocol.gen";
import { SearchField } from "../search/field";
import type { Store } from "../store";
import { Choice } from "./choice";
import { DimsSwitch } from "./dims";
import { EncoderChoice } from "./encoder_choice";
import { Filtered } from "./filtered";
import { IconButton } from "./icon";
import { isPartial, LayoutMenu } from "./layout_menu";
import type { View } from "./view";

/** As in explorer/layouts.py: the layout in which each image has a cell of a grid of its own. */
const GRID = "-grid";

/** What the grid of a layout is called, where it could be made and is not there yet. */
export function gridOf({ method, title, dims }: LayoutInfo, all: readonly LayoutInfo[]): string[] {
  const isMade = method.endsWith(GRID) || all.some((one) => one.method === method + GRID);
  return isMade || isPartial({ method }) || dims === 3 ? [] : [`${title} in a grid`];
}

/** The choice of no column; a column cannot be named by the empty string here. */
const NONE = "";

export function Header({ store, view }: { store: Store; view: View }) {
  const { source, layouts, layout_name, columns, color_by, encoder } = store.traits;
  const colors = columns.value.filter(({ kind }) => kind !== "text");
  const full = view.full.value;
  const shown = layouts.value.find(({ name }) => name === layout_name.value);
  const methods = layouts.value.filter(
    ({ method }, i) => layouts.value.findIndex((one) => one.method === method) === i,
  );
  /** The map made so, with as many dimensions as now where there is one. */
  function choose(method: string): void {
    const twins = layouts.value.filter((one) => one.method === method);
    const there = twins.find(({ dims }) => dims === shown?.dims) ?? twins[0];
    if (there !== undefined) store.set("layout_name", there.name);
    else store.project(method, 2);
  }
  return (
    <div class="pt-header">
      <SearchField store={store} />
      <div class="pt-source" title={encoder.value === "" ? source.value : `${source.value}, seen by ${encoder.value}`}>
        {source.value}
      </div>
      <Filtered store={store} />
      <div class="pt-header-rest">
        {layouts.value.length > 0 && (
          <Choice
            label="map"
            hint="Layout of the map"
            value={shown?.method ?? NONE}
            options={methods.flatMap((info) => [
              { value: info.method, text: info.title },
              ...gridOf(info, methods).map((text) => ({ value: info.method + GRID, text })),
            ])}
            onChoose={choose}
          />
        )}
        {layouts.value.length > 0 && <LayoutMenu store={store} />}
        {shown !== undefined && isPartial(shown) && (
          <button
            type="button"
            class="pt-link"
            title="Back to the map of all images"
            onClick={() => {
              const whole = layouts.value.find((one) => !isPartial(one) && one.method === shown.method.split(" ")[0]);
              const back = whole ?? layouts.value.find((one) => !isPartial(one));
              if (back !== undefined) store.set("layout_name", back.name);
            }}
          >
            all images
          </button>
        )}
        <EncoderChoice store={store} view={view} />
        <DimsSwitch store={store} />
        <Choice
          label="colour"
          hint="Column the points are coloured by"
          value={color_by.value ?? NONE}
          options={[{ value: NONE, text: "none" }, ...colors.map(({ name }) => ({ value: name, text: name }))]}
          onChoose={(name) => store.set("color_by", name === NONE ? null : name)}
          onNear={() => store.ahead(colors.map(({ name }) => name))}
        />
        <div class="pt-header-end">
          <IconButton svg={help} name="Keys and help" hint="Keys and help (?)" onClick={() => toggleHelp(view)} />
          <IconButton
            svg={full ? minimize : maximize}
            name={full ? "Back into the notebook" : "Fill the window"}
            pressed={full}
            onClick={() => {
              view.full.value = !full;
            }}
          />
        </div>
      </div>
    </div>
  );
}

export function toggleHelp(view: View): void {
  view.overlay.value = view.overlay.peek()?.kind === "help" ? null : { kind: "help" };
}
