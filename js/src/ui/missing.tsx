/** The images that were here before and whose files are gone, with the tags that are kept for them. */

import type { Store } from "../store";
import { Told } from "./told";
import type { View } from "./view";
import { images } from "./words";

export function Missing({ store, view }: { store: Store; view: View }) {
  const total = store.traits.missing.value;
  return (
    <Told
      view={view}
      title={`${images(total)} missing`}
      total={total}
      ask={store.missing}
      all="missing"
      entries={({ missing }) =>
        missing.map(({ name, tags, seen }) => (
          <li key={name} class="pt-missing">
            <span class="pt-failure-name">{name}</span>
            <span class="pt-soft">
              last seen {day(seen)}
              {tags.length > 0 && `, tagged ${tags.map((tag) => `“${tag}”`).join(", ")}`}
            </span>
          </li>
        ))
      }
    >
      <p class="pt-soft">
        Here before, and gone now. Their tags are kept: a file that comes back, here or under another name, has them.
      </p>
    </Told>
  );
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
