/** Which colour each category has: the first free one when it was first seen, and that one from then on. */

export interface Slots {
  (column: string, categories: readonly string[]): Uint32Array;
  /** A category is to be called otherwise, and keeps its colour. */
  renamed(column: string, from: string, to: string): void;
}

/** Categories that come, go or change their order leave the colours of the others alone. */
export function createSlots(): Slots {
  const known = new Map<string, Map<string, number>>();
  function slotsOf(column: string, categories: readonly string[]): Uint32Array {
    const slots = known.get(column) ?? new Map<string, number>();
    known.set(column, slots);
    return Uint32Array.from(categories, (name) => {
      const slot = slots.get(name) ?? slots.size;
      slots.set(name, slot);
      return slot;
    });
  }
  return Object.assign(slotsOf, {
    renamed(column: string, from: string, to: string) {
      const slot = known.get(column)?.get(from);
      if (slot !== undefined) known.get(column)?.set(to, slot);
    },
  });
}
