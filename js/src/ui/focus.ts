/** The focus stays in the widget: a notebook would take the keys that follow for its own, "x" to cut the cell. */

/** What may have held the focused element; of the rest the grid takes the keys. */
const HOMES = ".pt-dialog, .pt-panel, .pt-map";

/**
 * When the focused element goes away or can be used no more, what it was in is focused instead. A button that ends a
 * search goes with it; one that undoes the last step has nothing more to undo.
 */
export function keepFocus(root: HTMLElement): () => void {
  let focused: HTMLElement | null = null;
  let home: HTMLElement | null = null;
  const ends = new AbortController();
  const isUsable = (el: HTMLElement) =>
    root.contains(el) && !el.matches(":disabled") && el.closest("[inert], [hidden]") === null;

  const changes = new MutationObserver(() => {
    if (focused === null || isUsable(focused)) return;
    const { activeElement } = root.getRootNode() as Document | ShadowRoot;
    const isLost = activeElement === null || activeElement === document.body || activeElement === focused;
    const to = home !== null && isUsable(home) ? home : root.querySelector<HTMLElement>(".pt-grid");
    focused = null;
    if (isLost) to?.focus({ preventScroll: true });
  });

  function leave(): void {
    focused = null;
    changes.disconnect();
  }

  root.addEventListener(
    "focusin",
    ({ target }) => {
      focused = target as HTMLElement;
      home = focused.closest<HTMLElement>(HOMES);
      const attributeFilter = ["disabled", "inert", "hidden"];
      changes.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter });
    },
    { signal: ends.signal },
  );
  root.addEventListener(
    "focusout",
    ({ target, relatedTarget }) => {
      // Some browsers tell of an element that is about to go; only one that stays was left.
      if (relatedTarget === null) setTimeout(() => target === focused && isUsable(target as HTMLElement) && leave());
    },
    { signal: ends.signal },
  );
  return () => {
    ends.abort();
    leave();
  };
}
