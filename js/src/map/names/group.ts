/** The category whose name is at a place of the page; asked of the map by an event, since no view knows another. */

import type { RowMask } from "../../store";

export interface Group {
  readonly column: string;
  readonly name: string;
  readonly rows: RowMask;
}

interface Question {
  group: Group | null;
}

const EVENT = "pt-group";

export function groupAt(target: EventTarget): Group | null {
  const question: Question = { group: null };
  target.dispatchEvent(new CustomEvent<Question>(EVENT, { bubbles: true, detail: question }));
  return question.group;
}

export function answerGroups(el: HTMLElement, groupOf: (target: EventTarget | null) => Group | null): void {
  el.addEventListener(EVENT, (event) => {
    (event as CustomEvent<Question>).detail.group = groupOf(event.target);
  });
}
