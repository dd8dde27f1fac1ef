/** The encoder on show, another one, and the way to the panel where one is added or two are compared. */

import type { Store } from "../store";
import { Choice } from "./choice";
import type { View } from "./view";
import { count } from "./words";

/** No encoder is called so: a name has no space at its end. */
const MORE = "more ";

export function EncoderChoice({ store, view }: { store: Store; view: View }) {
  const { encoder, encoders } = store.traits;
  const there = encoders.value;
  if (there.length === 0) return null;
  return (
    <Choice
      label="by"
      hint="Encoder: what decides which images are near each other"
      value={encoder.value}
      options={[
        ...there.map(({ name, title, rows, status }) => ({
          value: name,
          text: title,
          note: status === "ready" ? "" : status === "partial" ? ` (${count(rows)} images)` : " (at work)",
        })),
        { value: MORE, text: "Add or compare …" },
      ]}
      onChoose={(name) => {
        if (name !== MORE) store.set("encoder", name);
        else {
          view.overlay.value = null;
          view.panel.value = "encoders";
        }
      }}
    />
  );
}
