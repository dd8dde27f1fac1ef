/** The images nearest to one by their vectors, as a row of small pictures. */

import { useEffect, useState } from "preact/hooks";
import type { Store } from "../store";
import { Thumb, useThumbs } from "./thumb";

const K = 12;
const SIDE_PX = 56;

interface Near {
  readonly row: number;
  readonly rows: readonly number[];
  readonly distances: Float32Array;
}

interface NearestProps {
  store: Store;
  row: number;
  onOpen: (row: number) => void;
  /** Told when all images are ordered by this one. */
  onAll: () => void;
}

export function Nearest({ store, row, onOpen, onAll }: NearestProps) {
  const [near, setNear] = useState<Near | null>(null);
  useEffect(() => {
    let wanted = true;
    store.nearest(row, K).then((found) => {
      if (wanted) setNear(found === null ? null : { row, rows: [...found.rows], distances: found.distances });
    });
    return () => {
      wanted = false;
    };
  }, [store, row]);
  useThumbs(store, near?.rows ?? []);
  if (near === null || near.rows.length === 0) return null;
  return (
    <section class="pt-nearest" aria-label="Nearest images">
      <span class="pt-soft">nearest</span>
      {near.rows.map((one, i) => {
        const similarity = (1 - (near.distances[i] ?? 0)).toFixed(3);
        return (
          <button
            key={one}
            type="button"
            title={`Similarity ${similarity}`}
            aria-label={`Nearest image ${i + 1}, similarity ${similarity}`}
            onClick={() => onOpen(one)}
          >
            <Thumb store={store} row={one} side_px={SIDE_PX} />
          </button>
        );
      })}
      <button
        type="button"
        class="pt-link"
        title="Order all images by how similar they are to this one (S)"
        onClick={() => {
          onAll();
          void store.search.ask([{ kind: "row", row, like: true }], "anew");
        }}
      >
        more
      </button>
    </section>
  );
}
