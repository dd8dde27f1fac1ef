/** The module anywidget loads: one link and one store per model, one shell per view. */

import { hearing } from "./late";
import { createLink, type Model } from "./link";
import { createStore, type OwnedStore } from "./store/create";
import { shell } from "./ui/shell";
import "./ui/theme.css";
import "./ui/frame.css";
import "./ui/controls.css";
import "./ui/lines.css";
import "./ui/tags.css";
import "./ui/overlays.css";
import "./ui/layout_menu.css";
import "./ui/narrow.css";
import "./grid/grid.css";
import "./search/search.css";
import "./map/map.css";
import "./map/legend.css";
import "./map/names/names.css";
import "./panels/panels.css";
import "./panels/encoders/encoders.css";
import "./panels/clusters/clusters.css";
import "./ui/forced.css";

export default () => {
  let store: OwnedStore | null = null;

  return {
    initialize({ model }: { model: Model }) {
      const mine = createStore(createLink(model));
      void hearing(model.widget_manager, model.get("comm_id"));
      store = mine;
      return () => {
        mine.close();
        if (store === mine) store = null;
      };
    },
    render({ model, el }: { model: Model; el: HTMLElement }) {
      if (store !== null) return shell(store, el);
      // A host that does not call `initialize`: the view owns the store.
      const own = createStore(createLink(model));
      const dispose = shell(own, el);
      return () => {
        dispose();
        own.close();
      };
    },
  };
};
