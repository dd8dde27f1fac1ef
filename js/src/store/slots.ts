/** Which colour each category has: the first free one when it was first seen, and that one from then on. */

export type Slots = (column: string, categories: readonly string[]) => Uint32Array;

/** Categories that come, go or change their order leave the colours of the others alone. */
export function createSlots(): Slots {
  const known = new Map<string, Map<string, number>>();
  return (column, categories) => {
    const slots = known.get(column) ?? new Map<string, number>();
    known.set(column, slots);
    return Uint32Array.from(categories, (name) => {
      const slot = slots.get(name) ?? slots.size;
      slots.set(name, slot);
      return slot;
    });
  };
}
