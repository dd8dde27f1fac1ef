/** A list that the kernel is asked for when its dialog opens, and again when the number of its entries changes. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "./dialog";
import type { View } from "./view";
import { count } from "./words";

const LISTED = 500;

type Props<Answer extends { total: number }> = {
  view: View;
  title: string;
  /** How many there are, as last heard. */
  total: number;
  ask: (limit: number) => Promise<Answer>;
  entries: (answer: Answer) => ComponentChildren[];
  /** Which member of the collection lists them all. */
  all: string;
  children?: ComponentChildren;
};

export function Told<Answer extends { total: number }>({
  view,
  title,
  total,
  ask,
  entries,
  all,
  children,
}: Props<Answer>) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState("");

  useEffect(() => {
    let wanted = true;
    ask(LISTED).then(
      (got) => wanted && setAnswer(got),
      (refused: Error) => wanted && setError(refused.message),
    );
    return () => {
      wanted = false;
    };
  }, [ask, total]);

  const lines = answer === null ? [] : entries(answer);
  return (
    <Dialog view={view} title={title} class="pt-failures">
      {children}
      {error !== "" && <p class="pt-soft">{error}</p>}
      {answer === null && error === "" && <p class="pt-soft">asking the kernel…</p>}
      <ul>{lines}</ul>
      {answer !== null && answer.total > lines.length && (
        <p class="pt-soft">
          and {count(answer.total - lines.length)} more: see `{all}` of the collection
        </p>
      )}
    </Dialog>
  );
}
