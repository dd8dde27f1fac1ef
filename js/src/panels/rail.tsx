/** The thin line of icons at the right edge: each opens its side panel, and closes it again. */

import { Icon } from "../ui/icon";
import type { View } from "../ui/view";
import { PANELS } from "./panels";

export function Rail({ view }: { view: View }) {
  const open = view.panel.value;
  return (
    <nav class="pt-rail" aria-label="Panels">
      {PANELS.map(({ id, name, icon }) => (
        <button
          key={id}
          type="button"
          class="pt-icon-button"
          data-panel={id}
          data-name={name}
          aria-label={name}
          aria-expanded={open === id}
          onClick={() => {
            view.overlay.value = null;
            view.panel.value = open === id ? null : id;
          }}
        >
          <Icon svg={icon} />
        </button>
      ))}
    </nav>
  );
}
