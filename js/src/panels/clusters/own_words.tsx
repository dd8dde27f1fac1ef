/** Words of one's own that clusters are named by, where the encoder understands words; else which encoders do. */

import type { Signal } from "@preact/signals";

export function OwnWords({ typed, understood }: { typed: Signal<string>; understood: boolean }) {
  return (
    <details class="pt-own-words">
      <summary>Name them by your own words</summary>
      {understood ? (
        <>
          <textarea
            aria-label="Words to name clusters by"
            aria-describedby="pt-own-words-hint"
            rows={3}
            placeholder="street, forest, inside of a car"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
          <p class="pt-soft" id="pt-own-words-hint">
            By commas or line by line. Each cluster is called by the word that sets it apart most.
          </p>
        </>
      ) : (
        <p class="pt-soft">
          The encoder of this map does not understand words. A CLIP or SigLIP model does, such as{" "}
          <code>clip/ViT-B-32/laion2b_s34b_b79k</code>: add one in the panel Encoders.
        </p>
      )}
    </details>
  );
}
