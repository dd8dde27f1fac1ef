/** Where the images of the grid are: arithmetic on CSS pixels, from the top of the whole grid. */

/** Between images, and around them. */
const GAP_PX = 4;
const PAD_PX = 6;

export interface Geometry {
  readonly count: number;
  readonly columns: number;
  readonly rows: number;
  /** Side of an image's square. */
  readonly tile_px: number;
  /** From one square to the next, both ways. */
  readonly pitch_px: number;
  readonly left_px: number;
  readonly top_px: number;
  readonly total_px: number;
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** As many columns of at least `wanted_px` as fit, the squares widened to fill the room. */
export function geometry(width_px: number, count: number, wanted_px: number): Geometry {
  const room = Math.max(0, width_px - 2 * PAD_PX);
  const columns = Math.max(1, Math.floor((room + GAP_PX) / (wanted_px + GAP_PX)));
  const tile_px = Math.max(1, Math.floor((room - GAP_PX * (columns - 1)) / columns));
  const pitch_px = tile_px + GAP_PX;
  const rows = Math.ceil(count / columns);
  const used = columns * pitch_px - GAP_PX;
  return {
    count,
    columns,
    rows,
    tile_px,
    pitch_px,
    left_px: Math.max(0, Math.floor((width_px - used) / 2)),
    top_px: PAD_PX,
    total_px: rows === 0 ? 0 : rows * pitch_px - GAP_PX + 2 * PAD_PX,
  };
}

export function tileAt(g: Geometry, place: number): Rect {
  const x = g.left_px + (place % g.columns) * g.pitch_px;
  const y = g.top_px + Math.floor(place / g.columns) * g.pitch_px;
  return { x, y, width: g.tile_px, height: g.tile_px };
}

/** The place whose square holds the point, -1 between squares. */
export function placeAt(g: Geometry, x: number, y: number): number {
  const column = Math.floor((x - g.left_px) / g.pitch_px);
  const row = Math.floor((y - g.top_px) / g.pitch_px);
  if (column < 0 || column >= g.columns || row < 0) return -1;
  if (x - g.left_px - column * g.pitch_px >= g.tile_px || y - g.top_px - row * g.pitch_px >= g.tile_px) return -1;
  const place = row * g.columns + column;
  return place < g.count ? place : -1;
}

/** First place on screen and the one after the last. */
export function visible(g: Geometry, offset_px: number, height_px: number): [number, number] {
  const first = Math.max(0, Math.floor((offset_px - g.top_px) / g.pitch_px));
  const after = Math.max(first, Math.ceil((offset_px + height_px - g.top_px) / g.pitch_px));
  return [Math.min(g.count, first * g.columns), Math.min(g.count, after * g.columns)];
}

/** The places whose squares touch the rectangle, ascending. */
export function placesIn(g: Geometry, { x, y, width, height }: Rect): number[] {
  const first = (from: number, start: number) => Math.max(0, Math.ceil((from - start - g.tile_px) / g.pitch_px));
  const last = (to: number, start: number) => Math.floor((to - start) / g.pitch_px);
  const places: number[] = [];
  const right = Math.min(g.columns - 1, last(x + width, g.left_px));
  const bottom = Math.min(g.rows - 1, last(y + height, g.top_px));
  for (let row = first(y, g.top_px); row <= bottom; row++) {
    for (let column = first(x, g.left_px); column <= right; column++) {
      const place = row * g.columns + column;
      if (place < g.count) places.push(place);
    }
  }
  return places;
}

export function largestOffset(g: Geometry, height_px: number): number {
  return Math.max(0, g.total_px - height_px);
}

/** The nearest offset that has the whole square of `place` on screen. */
export function offsetToShow(g: Geometry, place: number, offset_px: number, height_px: number): number {
  const { y, height } = tileAt(g, place);
  const low = y + height + PAD_PX - height_px;
  const high = y - PAD_PX;
  const wanted = offset_px > high ? high : offset_px < low ? Math.min(low, high) : offset_px;
  return Math.min(largestOffset(g, height_px), Math.max(0, wanted));
}

/** Where a key takes the focus; null for keys that do not move it. */
export function moved(g: Geometry, key: string, place: number, height_px: number): number | null {
  if (g.count === 0) return null;
  const screen = Math.max(1, Math.floor(height_px / g.pitch_px)) * g.columns;
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -g.columns,
    ArrowDown: g.columns,
    PageUp: -screen,
    PageDown: screen,
    Home: -g.count,
    End: g.count,
  };
  const step = steps[key];
  if (step === undefined) return null;
  if (place < 0) return key === "End" ? g.count - 1 : 0;
  const to = place + step;
  if (to >= 0 && to < g.count) return to;
  if (key === "ArrowUp") return place;
  if (key === "ArrowDown") return Math.floor(place / g.columns) < g.rows - 1 ? g.count - 1 : place;
  return Math.min(g.count - 1, Math.max(0, to));
}
