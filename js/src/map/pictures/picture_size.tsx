/** The slider from dots to pictures. */

import dotsIcon from "lucide-static/icons/grip.svg";
import imageIcon from "lucide-static/icons/image.svg";
import type { Store } from "../../store";
import { Icon } from "../../ui/icon";

/** Pictures smaller than this are dots. */
const LEAST_PX = 16;
const STEP_PX = 8;

export function PictureSize({ store }: { store: Store }) {
  const px = store.traits.picture_px.value;
  return (
    <label class="pt-map-toolgroup pt-map-slider" title="From dots to pictures: how large pictures on the map are">
      <Icon svg={dotsIcon} />
      <input
        type="range"
        aria-label="Size of the pictures on the map"
        aria-valuetext={px === 0 ? "dots only" : `${px} pixels`}
        min={LEAST_PX - STEP_PX}
        max={160}
        step={STEP_PX}
        value={px}
        onInput={(event) => {
          const wanted = event.currentTarget.valueAsNumber;
          store.set("picture_px", wanted < LEAST_PX ? 0 : wanted);
        }}
      />
      <Icon svg={imageIcon} />
    </label>
  );
}
