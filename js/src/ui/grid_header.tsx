/** The line over the grid: what it shows, in which order, how large. */

import descending from "lucide-static/icons/arrow-down-wide-narrow.svg";
import ascending from "lucide-static/icons/arrow-up-narrow-wide.svg";
import invert from "lucide-static/icons/contrast.svg";
import small from "lucide-static/icons/grid-3x3.svg";
import mapOf from "lucide-static/icons/map.svg";
import large from "lucide-static/icons/square.svg";
import close from "lucide-static/icons/x.svg";
import { overlap } from "../bitmask";
import type { Store } from "../store";
import { Choice } from "./choice";
import { Icon, IconButton } from "./icon";
import { count, images } from "./words";

export const THUMB_PX = { least: 40, most: 240, step: 8 };

export function GridHeader({ store }: { store: Store }) {
  const { columns, sort_by, sort_descending, thumb_px } = store.traits;
  const sortable = columns.value.filter(({ kind }) => kind === "category" || kind === "number");
  const falling = sort_descending.value;
  return (
    <div class="pt-grid-header">
      <Picked store={store} />
      <Choice
        label="sort"
        hint="Order of the images"
        value={sort_by.value ?? ""}
        options={[{ value: "", text: "as given" }, ...sortable.map(({ name }) => ({ value: name, text: name }))]}
        onChoose={(name) => store.set("sort_by", name === "" ? null : name)}
      />
      {sort_by.value !== null && (
        <IconButton
          svg={falling ? descending : ascending}
          name={falling ? "Largest first; turn round" : "Smallest first; turn round"}
          onClick={() => store.set("sort_descending", !falling)}
        />
      )}
      <label class="pt-size" title="Size of the images">
        <Icon svg={small} />
        <input
          type="range"
          aria-label="Size of the images"
          min={THUMB_PX.least}
          max={THUMB_PX.most}
          step={THUMB_PX.step}
          value={thumb_px.value}
          onInput={(event) => store.set("thumb_px", Number(event.currentTarget.value))}
        />
        <Icon svg={large} />
      </label>
    </div>
  );
}

/** Fewer make no map. */
const LEAST_MAPPED = 4;

/** Made as the map on show is, in the plane. */
function mapTheseOnly(store: Store): void {
  const shown = store.traits.layouts.peek().find(({ name }) => name === store.traits.layout_name.peek());
  const method = shown?.method.split(" ")[0]?.replace("-grid", "") ?? "umap";
  store.project(method === "given" ? "umap" : method, 2, store.selection.peek());
}

function Picked({ store }: { store: Store }) {
  const preview = store.preview.value;
  const selected = store.selection.value.count;
  const shown = store.order.value.length;
  const hidden = store.hidden.value === null ? 0 : overlap(store.selection.value, store.hidden.value);
  const among = store.shown.value !== null && selected < shown;
  if (preview !== null) {
    return (
      <div class="pt-picked" role="status" aria-live="off">
        <b>{count(preview.count)}</b>
        <span class="pt-picked-words"> to be selected</span>
      </div>
    );
  }
  return (
    <div class="pt-picked" role="status" aria-live="polite">
      {selected === 0 ? (
        <span class="pt-soft">{shown === store.traits.n.value ? "all images" : images(shown)}</span>
      ) : (
        <>
          <span class="pt-picked-n" title={`${count(selected)} of ${images(shown)} selected`}>
            <b>{count(selected)}</b>
            {among && ` of ${count(shown)}`}
          </span>
          <span class="pt-picked-words"> selected</span>
          {hidden > 0 && (
            <span class="pt-soft" title="Selected images that the filter hides stay selected">
              {count(hidden)} hidden
            </span>
          )}
          {among && (
            <button type="button" class="pt-link" title="Select all images shown (Ctrl-A)" onClick={store.selectShown}>
              all
            </button>
          )}
          <IconButton
            svg={mapOf}
            name="Map of these only"
            hint={
              selected < LEAST_MAPPED
                ? `Select at least ${LEAST_MAPPED} images to map them on their own`
                : "Lay these out on their own; “all images” in the line on top leads back"
            }
            disabled={selected < LEAST_MAPPED}
            onClick={() => mapTheseOnly(store)}
          />
          <IconButton
            svg={invert}
            name="Invert the selection"
            hint="Select the others instead (I)"
            onClick={store.invertSelection}
          />
          <IconButton
            svg={close}
            name="Clear the selection"
            hint="Clear the selection (Esc)"
            onClick={store.clearSelection}
          />
        </>
      )}
    </div>
  );
}
