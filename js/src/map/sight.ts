/** Whether people can see an element, or nearly: on the page's part on screen or within a screen of it. */

/** Out of sight for so long before it counts: scrolling past and changing tabs back and forth do not. */
const AWAY_MS = 3000;

/** Calls `onChange` when that changes; it is taken to be seen at first. */
export function inSight(el: HTMLElement, onChange: (seen: boolean) => void): () => void {
  if (typeof IntersectionObserver === "undefined") return () => undefined;
  let seen = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function change(now: boolean): void {
    if (now === seen) return;
    seen = now;
    onChange(seen);
  }
  const observer = new IntersectionObserver(
    (entries) => {
      clearTimeout(timer);
      if (entries.at(-1)?.isIntersecting) change(true);
      else timer = setTimeout(change, AWAY_MS, false);
    },
    { rootMargin: "100%" },
  );
  observer.observe(el);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}
