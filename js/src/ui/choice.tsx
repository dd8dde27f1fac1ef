/** A quiet menu: what it is for, what is chosen, and the host's own list to choose from. */

import chevron from "lucide-static/icons/chevron-down.svg";
import { Icon } from "./icon";

export interface Option {
  readonly value: string;
  readonly text: string;
  /** Said in the list only. */
  readonly note?: string;
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
  const chosen = options.find((option) => option.value === value);
  return (
    <label class="pt-choice" title={hint} onPointerEnter={onNear} onFocusIn={onNear}>
      <span class="pt-choice-label">{label}</span>
      <span class="pt-choice-value">{chosen?.text ?? value}</span>
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
