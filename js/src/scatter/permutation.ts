/** The fixed random order in which points are drawn, so that any prefix is a fair sample of all. */

/**
 * The draw order of n rows. Slot s is a place in it; nothing of length n is kept.
 */
export interface DrawOrder {
  readonly n: number;
  /** The rows of slots 0, 1, 2, …, some at a time, in an array that is used again. */
  chunks(): Iterable<Uint32Array>;
}

/** The shuffled list of steps is not longer. */
const LISTED = 65_536;
/** About so many rows are told at a time: they stay in the processor's cache. */
const CHUNK = 16_384;

/**
 * All of 0…n-1 in a fixed random order, so that any prefix is a fair sample of all; the same for the same n and seed.
 *
 * Up to 65,536 rows are shuffled. More are dealt to classes, row r to r mod their number; all walk through one shuffled
 * list, each from another start, and take turns.
 */
export function drawOrder(n: number, seed = 1): DrawOrder {
  const classes = Math.max(1, Math.ceil(n / LISTED));
  const size = Math.ceil(n / classes);
  const steps = Uint16Array.from(permutation(size, seed));
  const starts = Uint32Array.from({ length: classes }, (_, c) => Math.floor((c * size) / classes));

  /** The rows of the steps from `first` up to `last`; how many they are. */
  function deal(first: number, last: number, rows: Uint32Array): number {
    let dealt = 0;
    for (let i = first; i < last; i++) {
      for (let c = 0; c < classes; c++) {
        const at = i + (starts[c] as number);
        const row = (steps[at < size ? at : at - size] as number) * classes + c;
        if (row < n) rows[dealt++] = row;
      }
    }
    return dealt;
  }

  return {
    n,
    *chunks() {
      const each = Math.max(1, Math.floor(CHUNK / classes));
      const rows = new Uint32Array(Math.min(each, size) * classes);
      for (let i = 0; i < size; i += each) yield rows.subarray(0, deal(i, Math.min(size, i + each), rows));
    },
  };
}

/** All of 0…n-1, shuffled (Fisher–Yates) by the generator mulberry32; the same for the same n and seed. */
function permutation(n: number, seed: number): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let state = seed | 0;
  for (let i = n - 1; i > 0; i--) {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    const j = Math.floor((((z ^ (z >>> 14)) >>> 0) / 4294967296) * (i + 1));
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}

/** The slots whose row is in `rows`, or those whose row is not, ascending. `bits[r >> 3] & (1 << (r & 7))` holds row r. */
export function slotsOf(
  { bits, count }: { readonly bits: Uint8Array; readonly count: number },
  order: DrawOrder,
  within = true,
): Uint32Array {
  const wanted = within ? 1 : 0;
  const most = within ? Math.min(count, order.n) : order.n;
  const slots = new Uint32Array(most);
  let found = 0;
  let slot = 0;
  for (const rows of order.chunks()) {
    for (let i = 0; i < rows.length && found < most; i++, slot++) {
      const row = rows[i] as number;
      if ((((bits[row >> 3] as number) >> (row & 7)) & 1) === wanted) slots[found++] = slot;
    }
    if (found === most) break;
  }
  return found === most ? slots : slots.slice(0, found);
}

/** 1 for each slot whose row is among those of `bits`. */
export function flagsInDrawOrder(bits: Uint8Array, order: DrawOrder): Uint8Array {
  const flags = new Uint8Array(order.n);
  let slot = 0;
  for (const rows of order.chunks()) {
    for (const row of rows) flags[slot++] = ((bits[row >> 3] as number) >> (row & 7)) & 1;
  }
  return flags;
}

/** Colour codes by slot of codes by row. */
export function codesInDrawOrder(codes: Uint8Array | Uint16Array, order: DrawOrder): Uint8Array | Uint16Array {
  const placed = codes instanceof Uint8Array ? new Uint8Array(order.n) : new Uint16Array(order.n);
  let slot = 0;
  for (const rows of order.chunks()) {
    for (let i = 0; i < rows.length; i++) placed[slot++] = codes[rows[i] as number] as number;
  }
  return placed;
}

/** Stands for "no position" in slot order; any camera maps it far out of the picture, on the GPU too, where NaN is undefined. */
export const NOWHERE = Math.fround(3e38);

/**
 * Positions in draw order, `wide` float32 per slot: NOWHERE where a coordinate is not finite, z = 0 where there is none.
 *
 * @param xy `dims` numbers per row
 */
export function inDrawOrder(xy: Float32Array, dims: number, order: DrawOrder, wide = dims): Float32Array {
  const placed = new Float32Array(wide * order.n);
  let at = 0;
  for (const rows of order.chunks()) {
    for (let i = 0; i < rows.length; i++, at += wide) {
      const from = (rows[i] as number) * dims;
      const x = xy[from] as number;
      const y = xy[from + 1] as number;
      const z = dims > 2 ? (xy[from + 2] as number) : 0;
      const finite = x - x === 0 && y - y === 0 && z - z === 0;
      placed[at] = finite ? x : NOWHERE;
      placed[at + 1] = finite ? y : NOWHERE;
      if (wide > 2) placed[at + 2] = finite ? z : NOWHERE;
    }
  }
  return placed;
}

/** Flat positions in draw order with a third number, 0. */
export function raised(flat: Float32Array): Float32Array {
  const placed = new Float32Array(1.5 * flat.length);
  for (let from = 0, at = 0; from < flat.length; from += 2, at += 3) {
    placed[at] = flat[from] as number;
    placed[at + 1] = flat[from + 1] as number;
  }
  return placed;
}
