/** Which keys do what. */

import { Dialog } from "./dialog";
import type { View } from "./view";

const GROUPS: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Select, in map, legend and grid",
    keys: [
      ["click", "select this one"],
      ["shift or ctrl", "add"],
      ["alt", "take away"],
      ["shift + alt", "keep only what is in both"],
      ["drag in the grid", "rubber band"],
      ["shift + drag in the map", "lasso"],
      ["ctrl A", "all images shown"],
      ["I", "invert"],
      ["esc", "none"],
      ["ctrl Z", "undo"],
      ["ctrl shift Z", "redo"],
    ],
  },
  {
    title: "Map",
    keys: [
      ["L", "lasso"],
      ["B", "box"],
      ["P", "paint with a brush"],
      ["[ and ]", "smaller, larger brush"],
      ["H", "hand: drag the map"],
      ["N", "lines to the nearest by content"],
      ["delete", "take the outline away"],
      ["F", "show all points"],
      ["Z", "zoom to what is selected"],
      ["arrows, + −", "pan, zoom"],
      ["M", "the small map, far in"],
      ["space + drag", "pan, whatever the tool"],
    ],
  },
  {
    title: "Map in 3D",
    keys: [
      ["drag", "turn"],
      ["right or middle drag", "pan"],
      ["arrows", "turn; with shift pan"],
      ["double click", "turn about this point"],
      ["R", "back to the first sight"],
    ],
  },
  {
    title: "Legend",
    keys: [
      ["arrows", "move"],
      ["H", "hide or show"],
      ["O", "only this, or all again"],
      ["C", "another colour"],
    ],
  },
  {
    title: "Grid",
    keys: [
      ["arrows", "move"],
      ["shift + arrows", "select on the way"],
      ["space", "select or not"],
      ["enter", "look at the image"],
    ],
  },
  {
    title: "Search",
    keys: [
      ["/", "type what to find"],
      ["S", "images like this one, or like the selection"],
      ["U, D", "more, less like this one"],
      ["ctrl V", "images like the one pasted"],
      ["esc", "end the search"],
    ],
  },
  {
    title: "Tags",
    keys: [
      ["T", "type a tag"],
      ["1 … 9", "tags used last, on or off"],
      ["?", "this page"],
    ],
  },
];

export function Help({ view }: { view: View }) {
  return (
    <Dialog
      view={view}
      title="Keys"
      class="pt-help"
      onKeyDown={(event) => {
        if (event.key === "?") view.overlay.value = null;
      }}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: arrows scroll it */}
      <section class="pt-help-groups" aria-label="All keys" tabIndex={0}>
        {GROUPS.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </section>
    </Dialog>
  );
}
