/** Images from outside: pasted, dropped or picked, as bytes that the kernel reads. */

import type { RowMask, Store } from "../store";
import type { View } from "../ui/view";

/** The server closes the socket at 10 MB; a larger file is drawn smaller here. */
const MOST_BYTES = 4_000_000;
const SIDE_PX = 1024;

/** The rows that are looked at, where one chose to search in the selection; null for all. */
export function among(store: Store): RowMask | null {
  const selected = store.selection.peek();
  return store.search.only.peek() && selected.count > 0 ? selected : null;
}

/** Look for images like that of a file; what cannot be read is said. */
export async function likeFile(store: Store, file: File): Promise<void> {
  const name = file.name === "" ? "pasted image" : file.name;
  try {
    const bytes = file.size > MOST_BYTES ? await shrunk(file) : new Uint8Array(await file.arrayBuffer());
    await store.search.ask([{ kind: "image", name, bytes, like: true }], "anew", among(store));
  } catch {
    store.search.fail(`“${name}” cannot be read as an image: try another format, such as PNG or JPEG.`);
  }
}

async function shrunk(file: File): Promise<Uint8Array> {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_PX / Math.max(whole.width, whole.height));
  const canvas = new OffscreenCanvas(Math.max(1, whole.width * scale), Math.max(1, whole.height * scale));
  canvas.getContext("2d")?.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  const made = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  return new Uint8Array(await made.arrayBuffer());
}

function imageIn(files: FileList | null | undefined): File | null {
  return [...(files ?? [])].find(({ type }) => type.startsWith("image/")) ?? null;
}

/** Listen for images pasted into or dropped on the widget. */
export function imagesFromOutside(store: Store, view: View): () => void {
  const { root } = view;
  const stop = new AbortController();
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  root.addEventListener(
    "paste",
    (event) => {
      const file = imageIn(event.clipboardData?.files);
      if (file === null) return;
      event.preventDefault();
      event.stopPropagation();
      void likeFile(store, file);
    },
    { signal: stop.signal },
  );
  for (const kind of ["dragenter", "dragover"] as const)
    root.addEventListener(
      kind,
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        view.dropping.value = true;
      },
      { signal: stop.signal },
    );
  root.addEventListener(
    "dragleave",
    (event) => {
      if (!root.contains(event.relatedTarget as Node | null)) view.dropping.value = false;
    },
    { signal: stop.signal },
  );
  root.addEventListener(
    "drop",
    (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      view.dropping.value = false;
      const file = imageIn(event.dataTransfer?.files);
      if (file === null) store.search.fail("This is no image file: drop a picture to find ones like it.");
      else void likeFile(store, file);
    },
    { signal: stop.signal },
  );
  return () => stop.abort();
}
