/**
 * What points add up to, by pixel: red, green, blue and how often it is covered.
 *
 * A pixel is two float64 that hold two whole numbers each: adding a point is two additions instead of four. The lower
 * number has 26 bits, which a pixel covered more than 263,171 times could overrun: before that its sums go to a table.
 */

const FIELD = 2 ** 26;
export const CELLS = 2;

/** A pixel covered so often is looked at before it overruns. */
const CROWDED = 32_768;
const ROOM = Math.floor((FIELD - 1) / 255) - CROWDED;

export interface Sums {
  /** By pixel red + green · 2²⁶ and blue + coverings · 2²⁶. */
  readonly cells: Float64Array;
  /** What was taken out of the cells of crowded pixels: red, green, blue and coverings. */
  readonly apart: Map<number, readonly [number, number, number, number]>;
  /** How often any pixel may still be covered before the crowded ones are looked for. */
  room: number;
}

export function sumsOf(pixels: number): Sums {
  return { cells: new Float64Array(CELLS * pixels), apart: new Map(), room: ROOM };
}

export function clear(sums: Sums): void {
  sums.cells.fill(0);
  sums.apart.clear();
  sums.room = ROOM;
}

/** By code what one covering by its colour adds to the two cells of a pixel. `colors` are RGBA as little-endian uint32. */
export function weightsOf(colors: Uint32Array): Float64Array {
  const weights = new Float64Array(CELLS * colors.length);
  for (let code = 0; code < colors.length; code++) {
    const color = colors[code] as number;
    weights[CELLS * code] = (color & 0xff) + ((color >>> 8) & 0xff) * FIELD;
    weights[CELLS * code + 1] = ((color >>> 16) & 0xff) + FIELD;
  }
  return weights;
}

/**
 * Add the points first…last-1 with `draw`, so many at a time that no pixel overruns.
 *
 * @param most how often one point covers a pixel at most
 */
export function inParts(
  sums: Sums,
  first: number,
  last: number,
  most: number,
  draw: (first: number, last: number) => void,
): void {
  for (let from = first; from < last; ) {
    if (sums.room < most) setApart(sums);
    const to = Math.min(last, from + Math.floor(sums.room / most));
    draw(from, to);
    sums.room -= (to - from) * most;
    from = to;
  }
}

function setApart(sums: Sums): void {
  const { cells, apart } = sums;
  for (let at = 1; at < cells.length; at += CELLS) {
    if ((cells[at] as number) < CROWDED * FIELD) continue;
    const pixel = at >> 1;
    apart.set(pixel, sumsAt(sums, pixel));
    cells[at] = 0;
    cells[at - 1] = 0;
  }
  sums.room = ROOM;
}

/** Red, green, blue and how often it is covered, of one pixel. */
export function sumsAt({ cells, apart }: Sums, pixel: number): readonly [number, number, number, number] {
  const [r, g, b, n] = apart.get(pixel) ?? [0, 0, 0, 0];
  const first = cells[CELLS * pixel] as number;
  const second = cells[CELLS * pixel + 1] as number;
  const green = Math.floor(first / FIELD);
  const covered = Math.floor(second / FIELD);
  return [r + first - green * FIELD, g + green, b + second - covered * FIELD, n + covered];
}

/** The sums as a picture: `opacityOf` tells how opaque a pixel is by how often it is covered, `background` shows through. */
export function develop(
  sums: Sums,
  pixels: Uint32Array,
  background: readonly [number, number, number],
  opacityOf: (covered: number) => number,
): void {
  const { cells, apart } = sums;
  const [red, green, blue] = background;
  const empty = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  const mixed = (r: number, g: number, b: number, covered: number) => {
    const opacity = opacityOf(covered);
    const share = opacity / covered;
    return (
      0xff000000 |
      ((blue + b * share - blue * opacity + 0.5) << 16) |
      ((green + g * share - green * opacity + 0.5) << 8) |
      (red + r * share - red * opacity + 0.5)
    );
  };
  for (let i = 0, at = 0; i < pixels.length; i++, at += CELLS) {
    const second = cells[at + 1] as number;
    if (second === 0) {
      pixels[i] = empty;
      continue;
    }
    const first = cells[at] as number;
    const covered = Math.floor(second / FIELD);
    const g = Math.floor(first / FIELD);
    pixels[i] = mixed(first - g * FIELD, g, second - covered * FIELD, covered);
  }
  for (const pixel of apart.keys()) pixels[pixel] = mixed(...sumsAt(sums, pixel));
}
