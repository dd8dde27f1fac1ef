/** One sentence over the panes for a few seconds. */

import close from "lucide-static/icons/x.svg";
import type { Store } from "../store";
import { Fold } from "./fold";
import { IconButton } from "./icon";

export function Toast({ store }: { store: Store }) {
  const said = store.toast.value;
  return (
    <div class="pt-toast-place" role={said?.kind === "error" ? "alert" : "status"} aria-live="polite">
      {said !== null && (
        <div class={`pt-toast pt-toast-${said.kind}`}>
          <span>{said.text}</span>
          <Fold text={said.text} detail={said.detail} />
          <IconButton svg={close} name="Dismiss" onClick={store.dismissToast} />
        </div>
      )}
    </div>
  );
}
