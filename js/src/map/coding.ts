/** A column as what the renderer and the legend need: a colour code per row, the colours, and names with counts. */

import { categoricalColors, continuousColors, missingColor, type Rgb, type Theme } from "../palette";
import type { Column, RowMask } from "../store";

export interface Entry {
  readonly name: string;
  readonly color: Rgb;
  readonly count: number;
  /** The rows of this entry are those with this code; a tag's are its own mask, as rows carry several tags. */
  readonly code: number;
  readonly rows: RowMask | null;
}

/** Code 0 is "missing"; `lut` holds RGBA bytes by code. */
export interface Coding {
  readonly title: string;
  readonly codes: Uint8Array | Uint16Array;
  readonly lut: Uint8Array;
  /** The codes that entries speak of; with more than 65,535 categories not those that are drawn. */
  readonly exact: Uint8Array | Uint16Array | Uint32Array;
  /** Categories in the column's own order; empty for numbers and when there is no column. */
  readonly entries: readonly Entry[];
  /** How many rows have no value. */
  readonly missing: number;
  readonly range: Range | null;
}

/** Numbers as places on the colour bar: share 0 is its left end, 1 its right. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly colors: readonly Rgb[];
  valueAt(share: number): number;
  shareOf(value: number): number;
  format(value: number): string;
}

const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

const STEPS = 255;
const MOST_CODES = 65535;

function table(colors: readonly Rgb[]): Uint8Array {
  const lut = new Uint8Array(4 * colors.length);
  colors.forEach(([red, green, blue], code) => {
    lut.set([red, green, blue, 255], 4 * code);
  });
  return lut;
}

/** @param column null paints all n points in the first colour */
export function codingOf(column: Column | null, n: number, theme: Theme): Coding {
  const grey = missingColor(theme);
  if (column === null) {
    const lut = table([grey, categoricalColors(1, theme)[0] as Rgb]);
    const codes = new Uint8Array(n).fill(1);
    return { title: "", codes, exact: codes, lut, entries: [], missing: 0, range: null };
  }
  if (column.kind === "number") return numberCoding(column.name, column.values, column.low, column.high, theme);
  return column.kind === "category"
    ? categoryCoding(column.name, column.codes, column.categories, theme)
    : tagsCoding(column.name, column.tags, column.masks, n, theme);
}

function numberCoding(
  title: string,
  values: Float32Array,
  low: number | null,
  high: number | null,
  theme: Theme,
): Coding {
  const codes = new Uint8Array(values.length);
  const from = low ?? 0;
  const steps = (STEPS - 1) / ((high ?? 0) - from || 1);
  let missing = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) missing++;
    else codes[row] = 1 + Math.round(Math.min(STEPS - 1, Math.max(0, (value - from) * steps)));
  }
  const colors = continuousColors(STEPS, theme);
  const range = low === null || high === null ? null : rangeOf(low, high, colors);
  return { title, codes, exact: codes, lut: table([missingColor(theme), ...colors]), entries: [], missing, range };
}

function rangeOf(low: number, high: number, colors: readonly Rgb[]): Range {
  return {
    low,
    high,
    colors,
    valueAt: (share) => low + share * (high - low),
    shareOf: (value) => Math.min(1, Math.max(0, (value - low) / (high - low || 1))),
    format: (value) => short.format(value),
  };
}

function categoryCoding(
  title: string,
  given: Uint8Array | Uint16Array | Uint32Array,
  categories: readonly string[],
  theme: Theme,
): Coding {
  const codes = given instanceof Uint32Array ? narrowed(given) : given;
  const counts = new Uint32Array(categories.length + 1);
  for (let row = 0; row < given.length; row++) {
    const code = given[row] as number;
    counts[code] = (counts[code] as number) + 1;
  }
  const colors = categoricalColors(categories.length, theme);
  const entries = categories.map((name, c) => ({
    name,
    color: colors[c] as Rgb,
    count: counts[c + 1] as number,
    code: c + 1,
    rows: null,
  }));
  return {
    title,
    codes,
    exact: given,
    lut: table([missingColor(theme), ...colors.slice(0, MOST_CODES)]),
    entries,
    missing: counts[0] as number,
    range: null,
  };
}

/** Codes past 65,535 begin again at 1: their colours repeat long before. */
function narrowed(codes: Uint32Array): Uint16Array {
  const narrow = new Uint16Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    narrow[row] = code === 0 ? 0 : ((code - 1) % MOST_CODES) + 1;
  }
  return narrow;
}

/** A row with several tags has the colour of the first of them. */
function tagsCoding(
  title: string,
  tags: readonly string[],
  masks: readonly RowMask[],
  n: number,
  theme: Theme,
): Coding {
  const codes = new Uint16Array(n);
  for (let tag = Math.min(masks.length, MOST_CODES) - 1; tag >= 0; tag--) {
    const bits = (masks[tag] as RowMask).bits;
    for (let row = 0; row < n; row++) if (((bits[row >> 3] as number) >> (row & 7)) & 1) codes[row] = tag + 1;
  }
  let missing = 0;
  for (const code of codes) if (code === 0) missing++;
  const colors = categoricalColors(tags.length, theme);
  const entries = tags.map((name, tag) => ({
    name,
    color: colors[tag] as Rgb,
    count: masks[tag]?.count ?? 0,
    code: tag + 1,
    rows: masks[tag] ?? null,
  }));
  return {
    title,
    codes,
    exact: codes,
    lut: table([missingColor(theme), ...colors.slice(0, MOST_CODES)]),
    entries,
    missing,
    range: null,
  };
}

/** The rows of one code of a category column (0 = missing). */
export function rowsWithCode(codes: ArrayLike<number>, code: number): RowMask {
  const n = codes.length;
  const bits = new Uint8Array((n + 7) >> 3);
  let count = 0;
  for (let row = 0; row < n; row++) {
    if (codes[row] !== code) continue;
    bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    count++;
  }
  return { n, bits, count };
}

/** How many selected rows each code has: index = code. */
export function countsWithin(codes: ArrayLike<number>, highest: number, selected: RowMask): Uint32Array {
  const counts = new Uint32Array(highest + 1);
  for (let byte = 0; byte < selected.bits.length; byte++) {
    let bits = selected.bits[byte] as number;
    while (bits !== 0) {
      const row = 8 * byte + (31 - Math.clz32(bits & -bits));
      const code = codes[row] as number;
      counts[code] = (counts[code] as number) + 1;
      bits &= bits - 1;
    }
  }
  return counts;
}
