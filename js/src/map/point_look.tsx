/** How points look: size, opacity and density, each chosen by hand or left to the map. */

import type { ReadonlySignal } from "@preact/signals";
import dropletIcon from "lucide-static/icons/droplet.svg";
import type { Look } from "../scatter/look";
import type { Store } from "../store";
import { ToolBox } from "./tool_box";

const FIELDS = [
  {
    trait: "point_size",
    name: "Size",
    min: 0.5,
    max: 24,
    step: 0.5,
    words: (value: number) => `${value.toFixed(1)} px`,
  },
  { trait: "point_opacity", name: "Opacity", min: 0.02, max: 1, step: 0.01, words: percent },
  { trait: "density", name: "Density", min: 0, max: 1, step: 0.05, words: percent },
] as const;

function percent(value: number): string {
  return `${Math.round(100 * value)}%`;
}

/** The density that the map takes where there are crowds. */
const USUAL_DENSITY = 0.85;

export function PointLook({ store, look }: { store: Store; look: ReadonlySignal<Look> }) {
  const now = {
    point_size: look.value.size_px,
    point_opacity: look.value.opacity,
    density: look.value.density ?? USUAL_DENSITY,
  };
  const chosen = FIELDS.some(({ trait }) => store.traits[trait].value !== null);

  return (
    <ToolBox icon={dropletIcon} name="Points" hint="How points look: size, opacity, density" pressed={chosen}>
      {() => (
        <>
          {FIELDS.map(({ trait, name, min, max, step, words }) => (
            <label key={trait} class="pt-map-range">
              <span>{name}</span>
              <input
                type="range"
                aria-label={name}
                min={min}
                max={max}
                step={step}
                value={now[trait]}
                aria-valuetext={store.traits[trait].value === null ? "automatic" : words(now[trait])}
                onInput={(event) => store.set(trait, event.currentTarget.valueAsNumber)}
              />
              <output>{store.traits[trait].value === null ? "auto" : words(now[trait])}</output>
            </label>
          ))}
          <label class="pt-map-choice" title="Where points are large enough, and not added up as density">
            <input
              type="checkbox"
              checked={store.traits.tags_shown.value}
              onChange={(event) => store.set("tags_shown", event.currentTarget.checked)}
            />
            Tagged images as rings
          </label>
          <div class="pt-map-box-buttons">
            <button
              type="button"
              disabled={!chosen}
              onClick={() => {
                for (const { trait } of FIELDS) store.set(trait, null);
              }}
            >
              Reset
            </button>
          </div>
        </>
      )}
    </ToolBox>
  );
}
