/** A column as what the renderer and the legend need: a colour code per row, the colours, and names with counts. */

import { overlap } from "../bitmask";
import { categoricalColors, continuousColors, missingColor, parsed, type Rgb, STEPS, type Theme } from "../palette";
import type { ColorScale } from "../protocol.gen";
import type { Column, NumberColumn, RowMask, TagsColumn } from "../store";
import { type Form, type Scale, scaleOf } from "./scale";

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

/** The colour bar of numbers. */
export interface Range extends Scale {
  /** From share 0 to 1. */
  readonly colors: readonly Rgb[];
  readonly form: Form;
}

/** How a column is coloured: what was chosen by hand, and how numbers become colours. */
export interface Dress {
  readonly palette: Readonly<Record<string, string>>;
  readonly scale: ColorScale;
  readonly form: Form;
}

const MOST_CODES = 65535;

const undressed = (): Dress => ({
  palette: {},
  scale: { kind: "linear", reversed: false },
  form: null,
});

/** @param column null paints all n points in the first colour */
export function codingOf(column: Column | null, n: number, theme: Theme, dress: Dress = undressed()): Coding {
  if (column === null) {
    const lut = table([missingColor(theme), categoricalColors(1, theme)[0] as Rgb]);
    const codes = new Uint8Array(n).fill(1);
    return { title: "", codes, exact: codes, lut, entries: [], missing: 0, range: null };
  }
  const title = column.name;
  if (column.kind === "number") {
    const { codes, missing, scale } = numberCodes(column, dress.scale.kind);
    const colors = continuousColors(STEPS, theme);
    if (dress.scale.reversed) colors.reverse();
    const range = scale === null ? null : { ...scale, colors, form: dress.form };
    return { title, codes, exact: codes, lut: table([missingColor(theme), ...colors]), entries: [], missing, range };
  }
  const { codes, exact, counts, names, masks } = column.kind === "tags" ? tagCodes(column, n) : categoryCodes(column);
  const colors = coloursOf(names, column.places ?? [...names.keys()], theme, dress.palette);
  const entries = names.map((name, c) => ({
    name,
    color: colors[c] as Rgb,
    count: counts[c + 1] as number,
    code: c + 1,
    rows: masks?.[c] ?? null,
  }));
  const lut = table([missingColor(theme), ...colors.slice(0, MOST_CODES)]);
  return { title, codes, exact, lut, entries, missing: counts[0] as number, range: null };
}

function table(colors: readonly Rgb[]): Uint8Array {
  const lut = new Uint8Array(4 * colors.length);
  colors.forEach(([red, green, blue], code) => {
    lut.set([red, green, blue, 255], 4 * code);
  });
  return lut;
}

function coloursOf(
  names: readonly string[],
  places: readonly number[],
  theme: Theme,
  palette: Readonly<Record<string, string>>,
): Rgb[] {
  const own = categoricalColors(
    places.reduce((most, place) => Math.max(most, place + 1), 0),
    theme,
  );
  return names.map((name, c) => {
    const chosen = Object.hasOwn(palette, name) ? palette[name] : undefined;
    return chosen === undefined ? (own[places[c] as number] as Rgb) : parsed(chosen);
  });
}

/** What does not depend on colours is worked out once per column: a new theme or palette is a new table only. */
const byNumber = new WeakMap<NumberColumn, Map<string, NumberCodes>>();
const byName = new WeakMap<object, NamedCodes>();

interface NumberCodes {
  readonly codes: Uint8Array;
  readonly missing: number;
  readonly scale: Scale | null;
}

interface NamedCodes {
  readonly codes: Uint8Array | Uint16Array;
  readonly exact: Uint8Array | Uint16Array | Uint32Array;
  /** By code. */
  readonly counts: Uint32Array;
  readonly names: readonly string[];
  readonly masks: readonly RowMask[] | null;
}

function numberCodes(column: NumberColumn, kind: ColorScale["kind"]): NumberCodes {
  const known = byNumber.get(column) ?? new Map<string, NumberCodes>();
  byNumber.set(column, known);
  const before = known.get(kind);
  if (before !== undefined) return before;
  const { values, low, high } = column;
  const scale = low === null || high === null ? null : scaleOf(kind, values, low, high);
  const codes = new Uint8Array(values.length);
  let missing = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) missing++;
    else codes[row] = 1 + Math.round((STEPS - 1) * (scale === null ? Number(value > 0) : scale.shareOf(value)));
  }
  const made = { codes, missing, scale };
  known.set(kind, made);
  return made;
}

function categoryCodes(column: Extract<Column, { kind: "category" }>): NamedCodes {
  const before = byName.get(column);
  if (before !== undefined) return before;
  const exact = column.codes;
  const counts = new Uint32Array(column.categories.length + 1);
  for (let row = 0; row < exact.length; row++) {
    const code = exact[row] as number;
    counts[code] = (counts[code] as number) + 1;
  }
  const codes = exact instanceof Uint32Array ? narrowed(exact) : exact;
  const made = { codes, exact, counts, names: column.categories, masks: null };
  byName.set(column, made);
  return made;
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
function tagCodes(column: TagsColumn, n: number): NamedCodes {
  const before = byName.get(column);
  if (before !== undefined && before.codes.length === n) return before;
  const { tags, masks } = column;
  const codes = new Uint16Array(n);
  for (let tag = Math.min(masks.length, MOST_CODES) - 1; tag >= 0; tag--) {
    const bits = (masks[tag] as RowMask).bits;
    for (let row = 0; row < n; row++) if (((bits[row >> 3] as number) >> (row & 7)) & 1) codes[row] = tag + 1;
  }
  let missing = 0;
  for (const code of codes) if (code === 0) missing++;
  const counts = Uint32Array.from([missing, ...tags.map((_, tag) => masks[tag]?.count ?? 0)]);
  const made = { codes, exact: codes, counts, names: tags, masks };
  byName.set(column, made);
  return made;
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

/** How many of the rows each entry has; null asks for those without a value. */
export type Counts = (entry: Entry | null) => number;

export function countsOf(coding: Coding, rows: RowMask): Counts {
  const byCode = countsWithin(coding.exact, Math.max(coding.entries.length, coding.lut.length / 4), rows);
  return (entry) => {
    if (entry === null) return byCode[0] as number;
    return entry.rows === null ? (byCode[entry.code] as number) : overlap(entry.rows, rows);
  };
}
