/** How a picture leaves the browser: as a file, or by the clipboard. */

/** A download keeps its address this long. */
const KEPT_MS = 60_000;

/** @param source what the map is of, a folder's name say */
export function nameOf(source: string): string {
  const last = source.split(/[\\/]/).findLast((part) => part.trim() !== "") ?? "";
  const words = last.replace(/[\s\p{Cc}<>:"|?*]+/gu, " ").trim();
  return `${words} map.png`.trim();
}

export function download(png: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(png);
  link.download = name;
  // VS Code saves what is clicked in its page, and hears nothing of a link outside it.
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

/** Pages that are not secure have no clipboard. */
export function mayCopy(): boolean {
  return typeof ClipboardItem !== "undefined" && typeof navigator.clipboard?.write === "function";
}

/** To be called while a click is handled: some browsers take nothing later, but all wait for what was promised then. */
export function copy(png: Promise<Blob>): Promise<void> {
  return navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}
