/** The switch between the map in the plane and its twin in space. */

import type { LayoutInfo } from "../protocol.gen";
import type { Store } from "../store";

const NAMES = { 2: "Flat map", 3: "Map in space: drag to turn it" };

/** Why the map cannot be shown so; null when it can. */
export function obstacle(layouts: readonly LayoutInfo[], shown: LayoutInfo, dims: 2 | 3): string | null {
  if (layouts.some((one) => one.method === shown.method && one.dims === dims)) return null;
  if (shown.status === "growing") return "When all images are on the map";
  if (shown.method.endsWith("-grid") && dims === 3) return "A grid is flat; choose another map";
  if (shown.method === "given" && dims === 3) return "These positions were given in 2D; choose another map";
  return null;
}

export function DimsSwitch({ store }: { store: Store }) {
  const layouts = store.traits.layouts.value;
  const shown = layouts.find(({ name }) => name === store.traits.layout_name.value);
  if (shown === undefined) return null;
  return (
    <fieldset class="pt-switch" aria-label="Dimensions of the map">
      {([2, 3] as const).map((dims) => {
        const why = obstacle(layouts, shown, dims);
        // As the kernel calls it: PROJECT in explorer/maps.py.
        const work = `laying out the map in ${dims}D`;
        const isComing = store.traits.runs.value.some(({ name, state }) => name === work && state === "running");
        return (
          <button
            key={dims}
            type="button"
            aria-pressed={shown.dims === dims}
            aria-label={NAMES[dims]}
            aria-busy={isComing}
            title={why ?? (isComing ? `${NAMES[dims]}: is being laid out, see below` : NAMES[dims])}
            disabled={why !== null}
            onClick={() => shown.dims !== dims && store.project(shown.method, dims)}
          >
            {dims}D{isComing && "…"}
          </button>
        );
      })}
    </fieldset>
  );
}
