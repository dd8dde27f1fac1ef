/** What lies behind a sentence of failure: the sentence whole, and the kernel's traceback. */

export function Fold({ text, detail }: { text: string; detail: string }) {
  return detail === "" ? null : (
    <details
      class="pt-fold"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !event.currentTarget.open) return;
        event.currentTarget.open = false;
        event.stopPropagation();
      }}
    >
      <summary title="Escape closes them">details</summary>
      <pre>{`${text}\n\n${detail}`}</pre>
    </details>
  );
}
