/** The selection grammar: which keys mean what. The same in map, legend and grid. */

import type { Mode } from "../store";

interface Modifiers {
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
}

/** Shift, ⌘ or Ctrl adds, Alt subtracts, both intersect, none replaces. */
export function modeOf({ shiftKey, metaKey, ctrlKey, altKey }: Modifiers): Mode {
  const add = shiftKey || metaKey || ctrlKey;
  if (add && altKey) return "intersect";
  if (add) return "add";
  return altKey ? "subtract" : "replace";
}
