/** Another colour for one category: those that are told apart easily, any other, or its own again. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { categoricalColors, css, hex, type Theme } from "../palette";
import type { Store } from "../store";
import type { Entry } from "./coding";
import { nameShown } from "./legend_list";

const OFFERED = 14;

interface ColorsProps {
  store: Store;
  title: string;
  entry: Entry;
  theme: Theme;
  onDone: () => void;
}

export function LegendColors({ store, title, entry, theme, onDone }: ColorsProps) {
  const box = useRef<HTMLFieldSetElement>(null);
  const palette = store.traits.palette.value;
  const chosen = palette[title]?.[entry.name];

  // The keys are here while it is open, and then again where it was opened from.
  useLayoutEffect(() => {
    const el = box.current as HTMLFieldSetElement;
    const root = el.getRootNode() as Document | ShadowRoot;
    const before = root.activeElement as HTMLElement | null;
    const swatch = el.querySelector<HTMLElement>('[aria-pressed="true"]') ?? el.querySelector("button");
    swatch?.focus({ preventScroll: true });
    return () => {
      if (el.contains(root.activeElement)) before?.focus({ preventScroll: true });
    };
  }, [entry.name]);

  function choose(color: string | null): void {
    const { [entry.name]: _, ...others } = palette[title] ?? {};
    const colors = color === null ? others : { ...others, [entry.name]: color };
    const { [title]: __, ...columns } = palette;
    store.set("palette", Object.keys(colors).length === 0 ? columns : { ...columns, [title]: colors });
  }
  return (
    <fieldset
      ref={box}
      class="pt-legend-colors"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onDone();
      }}
    >
      <legend>
        Colour of <b>{nameShown(entry.name)}</b>
      </legend>
      <div>
        {categoricalColors(OFFERED, theme).map((color) => (
          <button
            key={hex(color)}
            type="button"
            class="pt-legend-swatch"
            aria-label={hex(color)}
            aria-pressed={hex(color) === hex(entry.color)}
            style={{ background: css(color) }}
            onClick={() => choose(hex(color))}
          />
        ))}
      </div>
      <div class="pt-legend-other">
        <label title="Any colour">
          <input type="color" value={hex(entry.color)} onInput={(event) => choose(event.currentTarget.value)} /> other
        </label>
        <button type="button" class="pt-legend-link" disabled={chosen === undefined} onClick={() => choose(null)}>
          reset
        </button>
        <button type="button" class="pt-legend-link" onClick={onDone}>
          done
        </button>
      </div>
    </fieldset>
  );
}
