/**
 * The widget as high as what is seen, in its place, where a notebook shows a part of a page of outputs.
 *
 * VS Code paints the cells over that page: they would lie on a widget that covers it.
 */

/** A widget that fills the window. `fit` hears which part of its page is seen where that is not all of it. */
export interface Filling {
  fit(seen: DOMRectReadOnly): void;
  leave(): void;
}

const TRY_EACH_MS = 100;
const TRIES = 10;

export function grow(root: HTMLElement): Filling {
  let top_px = 0;
  let timer = 0;
  let tries = 0;
  const link = linkTo(root);
  root.classList.add("pt-tall");
  /** The notebook can scroll that far only when it has heard of the height. */
  function reveal(): void {
    if (Math.abs(root.getBoundingClientRect().top - top_px) < 1 || tries === TRIES) return;
    tries += 1;
    link.click();
    timer = window.setTimeout(reveal, TRY_EACH_MS);
  }
  return {
    fit(seen) {
      top_px = seen.top;
      root.style.setProperty("--pt-seen", `${seen.height}px`);
      if (tries === 0) reveal();
    },
    leave() {
      clearTimeout(timer);
      link.remove();
      root.classList.remove("pt-tall");
      root.style.removeProperty("--pt-seen");
    },
  };
}

/** A page of outputs cannot scroll its notebook; VS Code does it for a link into the page that is clicked. */
function linkTo(root: HTMLElement): HTMLAnchorElement {
  if (root.id === "") root.id = `pt-${Math.random().toString(36).slice(2)}`;
  const link = document.createElement("a");
  link.href = `#${root.id}`;
  link.hidden = true;
  link.addEventListener("click", (event) => event.preventDefault());
  root.after(link);
  return link;
}
