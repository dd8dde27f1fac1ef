/** Why the grid is empty, where filters leave nothing of what it would show, and the way out. */

import type { Store } from "../store";
import { images } from "./words";

export function NothingLeft({ store }: { store: Store }) {
  const chosen = store.shown.value?.count ?? store.traits.n.value;
  if (store.order.value.length > 0 || chosen === 0 || store.filters.value.length === 0) return null;
  const words = store.shown.value === null ? `all ${images(chosen)}` : `the ${images(chosen)} selected`;
  return (
    <p class="pt-nothing-left pt-soft" role="status">
      The filters hide {words}.
      <button type="button" class="pt-link" onClick={() => store.setFilters([])}>
        show all
      </button>
    </p>
  );
}
