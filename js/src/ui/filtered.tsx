/** What is left when filters are on, and the way back to everything. */

import funnel from "lucide-static/icons/funnel.svg";
import type { Store } from "../store";
import { filterWords } from "../store/filters";
import { Icon } from "./icon";
import { count } from "./words";

export function Filtered({ store }: { store: Store }) {
  const filters = store.filters.value;
  if (filters.length === 0) return null;
  const n = store.traits.n.value;
  const shown = n - (store.hidden.value?.count ?? 0);
  return (
    <span class="pt-filtered" role="status" title={`Filtered by ${filters.map(filterWords).join("; ")}`}>
      <Icon svg={funnel} />
      <span>
        <b>{count(shown)}</b> of {count(n)} <span class="pt-filtered-word">shown</span>
      </span>
      <button type="button" class="pt-link" title="Show all images again" onClick={() => store.setFilters([])}>
        show all
      </button>
    </span>
  );
}
