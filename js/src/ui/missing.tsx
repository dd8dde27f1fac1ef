/** The images that were here before and whose files are gone, with the tags that are kept for them. */

import { useEffect, useState } from "preact/hooks";
import type { MissingAnswer } from "../protocol.gen";
import type { Store } from "../store";
import { Dialog } from "./dialog";
import type { View } from "./view";
import { count, images } from "./words";

const LISTED = 500;

export function Missing({ store, view }: { store: Store; view: View }) {
  const [answer, setAnswer] = useState<MissingAnswer | null>(null);
  const [error, setError] = useState("");
  const total = store.traits.missing.value;

  useEffect(() => {
    let wanted = true;
    store.missing(LISTED).then(
      (got) => wanted && setAnswer(got),
      (refused: Error) => wanted && setError(refused.message),
    );
    return () => {
      wanted = false;
    };
  }, [store, total]);

  return (
    <Dialog view={view} title={`${images(total)} missing`} class="pt-failures">
      <p class="pt-soft">
        Here before, and gone now. Their tags are kept: a file that comes back, here or under another name, has them.
      </p>
      {error !== "" && <p class="pt-soft">{error}</p>}
      {answer === null && error === "" && <p class="pt-soft">asking the kernel…</p>}
      <ul>
        {answer?.missing.map(({ name, tags, seen }) => (
          <li key={name} class="pt-missing">
            <span class="pt-failure-name">{name}</span>
            <span class="pt-soft">
              last seen {day(seen)}
              {tags.length > 0 && `, tagged ${tags.map((tag) => `“${tag}”`).join(", ")}`}
            </span>
          </li>
        ))}
      </ul>
      {answer !== null && answer.total > answer.missing.length && (
        <p class="pt-soft">and {count(answer.total - answer.missing.length)} more: see `missing` of the collection</p>
      )}
    </Dialog>
  );
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
