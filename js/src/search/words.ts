/** What is typed into the search field, as examples. */

import type { Example } from "../store/search";

export interface Typed {
  readonly examples: readonly Example[];
  /** Whether they go with the examples there are, instead of being alone. */
  readonly adds: boolean;
}

/**
 * Sentences, parted by semicolons; what follows a minus is what images should not be like: "red flag; car -snow".
 *
 * A plus or minus in front adds to the search there is. A minus inside a word is a hyphen.
 */
export function typed(text: string): Typed {
  const whole = text.trim();
  const plus = whole.startsWith("+");
  const [wanted = "", ...unwanted] = (plus ? whole.slice(1) : ` ${whole}`).split(/\s[-−–](?=\S)/);
  const parts = (said: string, like: boolean): Example[] =>
    said
      .split(";")
      .map((one) => one.trim())
      .filter((one) => one !== "")
      .map((one) => ({ kind: "text", text: one, like }));
  const examples = [...parts(wanted, true), ...unwanted.flatMap((said) => parts(said, false))];
  return { examples, adds: plus || (examples.length > 0 && !examples.some(({ like }) => like)) };
}
