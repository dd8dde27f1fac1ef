/** Which part of a page's window is on the screen. */

/**
 * Tells it, or null when it is all of it.
 *
 * VS Code shows all outputs of a notebook in one page that is 10,000 px higher than the notebook, and moves that page
 * about: `innerHeight` and `100vh` say nothing there. An observer knows what is seen through the pages around, but not
 * that it has moved; so where it is a part, it is asked anew each frame.
 */
export function followSeen(tell: (seen: DOMRectReadOnly | null) => void): () => void {
  if (typeof IntersectionObserver === "undefined") {
    tell(null);
    return () => {};
  }
  const whole = document.createElement("div");
  whole.style.cssText = "position: fixed; inset: 0; visibility: hidden; pointer-events: none";
  document.body.append(whole);
  let last = "";
  const observer = new IntersectionObserver(
    (entries) => {
      const { intersectionRect: seen, boundingClientRect: all } = entries[
        entries.length - 1
      ] as IntersectionObserverEntry;
      const isHidden = seen.height === 0 || seen.width === 0;
      const isAll = seen.height > all.height - 1 && seen.width > all.width - 1;
      const now = isAll ? "all" : `${seen.top} ${seen.left} ${seen.width} ${seen.height}`;
      if (now !== last && !isHidden) tell(isAll ? null : seen);
      if (!isHidden) last = now;
      if (isAll) return;
      observer.unobserve(whole);
      observer.observe(whole);
    },
    { threshold: [0, 1] },
  );
  observer.observe(whole);
  return () => {
    observer.disconnect();
    whole.remove();
  };
}
