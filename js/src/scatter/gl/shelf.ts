/** Which layer of a texture array holds what: the one looked at longest ago makes room. */

export interface Shelf<T> {
  /** The layer that holds `thing`; -1 when none does. It counts as looked at. */
  find(thing: T): number;
  /** A layer for `thing`, of the one in `spare` looked at longest ago when all are taken; -1 when none may be given up. */
  place(thing: T, isSpare: (other: T) => boolean): number;
}

export function shelf<T>(layers: number): Shelf<T> {
  /** Longest ago first. */
  const held = new Map<T, number>();
  return {
    find(thing) {
      const layer = held.get(thing);
      if (layer === undefined) return -1;
      held.delete(thing);
      held.set(thing, layer);
      return layer;
    },
    place(thing, isSpare) {
      if (held.size < layers) {
        held.set(thing, held.size);
        return held.size - 1;
      }
      for (const [other, layer] of held) {
        if (!isSpare(other)) continue;
        held.delete(other);
        held.set(thing, layer);
        return layer;
      }
      return -1;
    },
  };
}
