/** A quiet menu: what it is for, what is chosen, and the host's own list to choose from. */

import chevron from "lucide-static/icons/chevron-down.svg";
import { Icon } from "./icon";

export interface Option {
  readonly value: string;
  readonly text: string;
  /** Said in the list only. */
  readonly note?: string;
}

/** What differs before this letter is seen without more ado. */
const EARLY = 8;
/** Of fewer letters than these, "2)" say, the word in front belongs to it: "seed 2)". */
const TELLING = 4;

/**
 * Where the part of a text begins that tells it from its likes: after the longest beginning that it has in common with
 * one of them, at the start of a word. 0 where that is seen anyway, for it is early.
 */
export function apartAt(text: string, others: readonly string[]): number {
  let shared = 0;
  for (const other of others) {
    if (other === text) continue;
    let at = 0;
    while (at < text.length && text[at] === other[at]) at++;
    shared = Math.max(shared, at);
  }
  let start = text.slice(0, Math.min(shared, text.length - 1)).search(/[\p{L}\p{N}\p{M}.]*$/u);
  if (text.length - start < TELLING) {
    start = text.slice(0, start).search(/[\p{L}\p{N}\p{M}.]+[^\p{L}\p{N}\p{M}.]*$/u);
  }
  return start < EARLY ? 0 : start;
}

interface ChoiceProps {
  label: string;
  hint: string;
  value: string;
  options: readonly Option[];
  onChoose: (value: string) => void;
  /** The pointer or the focus came here: a choice may follow. */
  onNear?: () => void;
}

export function Choice({ label, hint, value, options, onChoose, onNear }: ChoiceProps) {
  const text = options.find((option) => option.value === value)?.text ?? value;
  const at = apartAt(
    text,
    options.map((option) => option.text),
  );
  return (
    <label class="pt-choice" title={`${hint}: ${text}`} onPointerEnter={onNear} onFocusIn={onNear}>
      <span class="pt-choice-label">{label}</span>
      <span class="pt-choice-value">
        {at > 0 && <span class="pt-choice-common">{text.slice(0, at)}</span>}
        <span>{text.slice(at)}</span>
      </span>
      <Icon svg={chevron} />
      <select
        aria-label={hint}
        value={value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          event.currentTarget.value = value; // until what was chosen is so
          onChoose(chosen);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
            {option.note}
          </option>
        ))}
      </select>
    </label>
  );
}
