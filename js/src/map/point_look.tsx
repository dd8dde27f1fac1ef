/** How points look: size, opacity and density, each chosen by hand or left to the map. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import dropletIcon from "lucide-static/icons/droplet.svg";
import { useEffect, useRef } from "preact/hooks";
import type { Look } from "../scatter/look";
import type { Store } from "../store";
import { Icon } from "../ui/icon";

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
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const now = {
    point_size: look.value.size_px,
    point_opacity: look.value.opacity,
    density: look.value.density ?? USUAL_DENSITY,
  };
  const chosen = FIELDS.some(({ trait }) => store.traits[trait].value !== null);

  useEffect(() => {
    if (!open.value) return;
    const root = box.current?.getRootNode() as Document | ShadowRoot;
    const onDown = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) open.value = false;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      open.value = false;
      box.current?.querySelector("button")?.focus();
    };
    const ends = new AbortController();
    root.addEventListener("pointerdown", onDown, { capture: true, signal: ends.signal });
    box.current?.addEventListener("keydown", onKey, { signal: ends.signal });
    return () => ends.abort();
  }, [open.value, open]);

  return (
    <div class="pt-map-look" ref={box}>
      <div class="pt-map-toolgroup">
        <button
          type="button"
          class="pt-map-tool"
          title="How points look: size, opacity, density"
          aria-label="Points"
          aria-expanded={open.value}
          aria-pressed={chosen}
          onClick={() => {
            open.value = !open.peek();
          }}
        >
          <Icon svg={dropletIcon} />
        </button>
      </div>
      {open.value && (
        <fieldset class="pt-map-looks" aria-label="Points">
          {FIELDS.map(({ trait, name, min, max, step, words }) => (
            <label key={trait}>
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
          <button
            type="button"
            disabled={!chosen}
            onClick={() => {
              for (const { trait } of FIELDS) store.set(trait, null);
            }}
          >
            Reset
          </button>
        </fieldset>
      )}
    </div>
  );
}
