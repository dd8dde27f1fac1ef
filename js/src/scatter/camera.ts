/** The flat camera: pure arithmetic between data positions and CSS pixels of the pane. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Data point (x, y) stands in the middle of the pane; `scale` is CSS pixels per data unit. Data y points up, screen y down. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Bounds {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export function toScreen(camera: Camera, size: Size, x: number, y: number): [number, number] {
  return [size.width / 2 + (x - camera.x) * camera.scale, size.height / 2 - (y - camera.y) * camera.scale];
}

export function toData(camera: Camera, size: Size, sx: number, sy: number): [number, number] {
  return [camera.x + (sx - size.width / 2) / camera.scale, camera.y - (sy - size.height / 2) / camera.scale];
}

/** The camera after the picture was dragged by (dx, dy) CSS pixels. */
export function panned(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y + dy / camera.scale };
}

/** The camera at `scale`, with what is under (sx, sy) staying there. */
export function zoomedAbout(camera: Camera, size: Size, sx: number, sy: number, scale: number): Camera {
  const [x, y] = toData(camera, size, sx, sy);
  return { x: x - (sx - size.width / 2) / scale, y: y + (sy - size.height / 2) / scale, scale };
}

/** The extent of the finite positions; null when there is none. `xy` holds `dims` numbers per row. */
export function boundsOf(xy: Float32Array, dims: number): Bounds | null {
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + 1 < xy.length; i += dims) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    if (x - x !== 0 || y - y !== 0) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return x0 <= x1 ? { x0, y0, x1, y1 } : null;
}

/** The camera that shows `bounds` whole, with `margin` of the pane left free on each side. */
export function fitted(bounds: Bounds, size: Size, margin = 0.05): Camera {
  const inside = 1 - 2 * margin;
  const across = (size.width * inside) / (bounds.x1 - bounds.x0);
  const along = (size.height * inside) / (bounds.y1 - bounds.y0);
  const scale = Math.min(across, along);
  return {
    x: (bounds.x0 + bounds.x1) / 2,
    y: (bounds.y0 + bounds.y1) / 2,
    scale: Number.isFinite(scale) && scale > 0 ? scale : Math.max(1, Math.min(size.width, size.height) / 4),
  };
}

/** Between two cameras: t = 0 is `from`, t = 1 is `to`; the scale moves evenly in its logarithm. */
export function between(from: Camera, to: Camera, t: number): Camera {
  return {
    x: from.x + (to.x - from.x) * t,
    y: from.y + (to.y - from.y) * t,
    scale: from.scale * (to.scale / from.scale) ** t,
  };
}
