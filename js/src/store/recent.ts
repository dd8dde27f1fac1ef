/** A map that forgets what was used longest ago once its entries weigh too much. */

export interface Recent<T> {
  /** The entry, now the most recently used. */
  get(row: number): T | undefined;
  set(row: number, entry: T): void;
  has(row: number): boolean;
  clear(): void;
}

/**
 * @param limit the weight all entries may have together
 * @param kept rows that are never forgotten
 * @param onForget called with each entry that goes
 */
export function recent<T>(
  limit: number,
  weigh: (entry: T) => number,
  kept: (row: number) => boolean = () => false,
  onForget: (entry: T) => void = () => {},
): Recent<T> {
  const entries = new Map<number, T>();
  let weight = 0;
  const drop = (row: number, entry: T) => {
    entries.delete(row);
    weight -= weigh(entry);
    onForget(entry);
  };
  return {
    get(row) {
      const entry = entries.get(row);
      if (entry !== undefined) {
        entries.delete(row);
        entries.set(row, entry);
      }
      return entry;
    },
    set(row, entry) {
      const before = entries.get(row);
      if (before !== undefined) drop(row, before);
      entries.set(row, entry);
      weight += weigh(entry);
      for (const [oldest, old] of entries) {
        if (weight <= limit) break;
        if (oldest !== row && !kept(oldest)) drop(oldest, old);
      }
    },
    has: (row) => entries.has(row),
    clear() {
      for (const [row, entry] of [...entries]) drop(row, entry);
    },
  };
}
