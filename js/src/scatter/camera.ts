/**
 * The camera: pure arithmetic between data positions and CSS pixels of the pane.
 *
 * A flat map is the camera that looks straight on at points that all lie in one plane; there is no second code path.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Data point (x, y, z) stands in the middle of the pane; `scale` is CSS pixels per data unit there.
 *
 * yaw turns the points about the vertical axis, pitch then tips them towards the viewer; both in radians, both 0 is
 * straight on: data x to the right, y up, z towards the viewer.
 */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly scale: number;
  readonly yaw: number;
  readonly pitch: number;
}

/** What positions span. `radius` is the distance of the farthest from the middle; 0 when the layout is flat. */
export interface Bounds {
  readonly x0: number;
  readonly y0: number;
  readonly z0: number;
  readonly x1: number;
  readonly y1: number;
  readonly z1: number;
  readonly radius: number;
}

/** A camera and a pane as the numbers that a loop over points needs. */
export interface Lens {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly scale: number;
  /** 1 / (distance from the eye to the middle), in data units. */
  readonly perspective: number;
  /** Row-major 3×3: right, up, towards the viewer. */
  readonly turn: Turn;
  /** The middle of the pane. */
  readonly left: number;
  readonly top: number;
}

export type Turn = readonly [number, number, number, number, number, number, number, number, number];

/** How far the eye is from the middle, in shorter sides of the pane: a view of 28° along it. */
const EYE = 2;

/** How the first sight of a 3D layout is turned, so that its depth is seen. */
export const TURNED = { yaw: Math.PI / 6, pitch: Math.PI / 9 };
export const STRAIGHT = { yaw: 0, pitch: 0 };

export function flatCamera(x: number, y: number, scale: number): Camera {
  return { x, y, z: 0, scale, yaw: 0, pitch: 0 };
}

/** The rotation from data to view: first yaw, then pitch. */
export function turnOf({ yaw, pitch }: { readonly yaw: number; readonly pitch: number }): Turn {
  const [sy, cy, sp, cp] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
  return [cy, 0, sy, sy * sp, cp, -cy * sp, -sy * cp, sp, cy * cp];
}

/** 1 / (distance from the eye to the middle), in data units: mild, and the same look at any scale of the data. */
export function perspectiveOf(camera: Camera, size: Size): number {
  const span = Math.min(size.width, size.height);
  return span > 0 ? camera.scale / (EYE * span) : 0;
}

export function lens(camera: Camera, size: Size): Lens {
  const { x, y, z, scale } = camera;
  const perspective = perspectiveOf(camera, size);
  return { x, y, z, scale, perspective, turn: turnOf(camera), left: size.width / 2, top: size.height / 2 };
}

/**
 * Where a data position is seen: [sx, sy, depth, closer].
 *
 * depth is its distance from the plane through the middle, towards the viewer, in data units; `closer` how many times
 * larger it is seen than that plane. All NaN at or behind the eye.
 */
export function seenThrough(through: Lens, x: number, y: number, z: number): [number, number, number, number] {
  const { turn, scale, perspective } = through;
  const dx = x - through.x;
  const dy = y - through.y;
  const dz = z - through.z;
  const depth = turn[6] * dx + turn[7] * dy + turn[8] * dz;
  const distance = 1 - perspective * depth;
  if (!(distance > 0)) return [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const closer = 1 / distance;
  const pixels = scale * closer;
  return [
    through.left + (turn[0] * dx + turn[1] * dy + turn[2] * dz) * pixels,
    through.top - (turn[3] * dx + turn[4] * dy + turn[5] * dz) * pixels,
    depth,
    closer,
  ];
}

/** Where (x, y, z) is on the pane; NaN at or behind the eye. */
export function toScreen(camera: Camera, size: Size, x: number, y: number, z = 0): [number, number] {
  const [sx, sy] = seenThrough(lens(camera, size), x, y, z);
  return [sx, sy];
}

/** The data position seen at (sx, sy) in the plane through the middle that faces the viewer. */
export function toData(camera: Camera, size: Size, sx: number, sy: number): [number, number, number] {
  const right = (sx - size.width / 2) / camera.scale;
  const up = -(sy - size.height / 2) / camera.scale;
  const turn = turnOf(camera);
  return [
    camera.x + turn[0] * right + turn[3] * up,
    camera.y + turn[1] * right + turn[4] * up,
    camera.z + turn[2] * right + turn[5] * up,
  ];
}

/** The camera after the picture was dragged by (dx, dy) CSS pixels. */
export function panned(camera: Camera, dx: number, dy: number): Camera {
  const [x, y, z] = toData(camera, { width: 0, height: 0 }, -dx, -dy);
  return { ...camera, x, y, z };
}

/** The camera at `scale`, with what is at the data position `still` staying where it is on the pane. */
export function zoomedAt(camera: Camera, still: readonly [number, number, number], scale: number): Camera {
  const part = camera.scale / scale;
  return {
    ...camera,
    x: still[0] + (camera.x - still[0]) * part,
    y: still[1] + (camera.y - still[1]) * part,
    z: still[2] + (camera.z - still[2]) * part,
    scale,
  };
}

/** The camera at `scale`, with what is under (sx, sy) in the plane through the middle staying there. */
export function zoomedAbout(camera: Camera, size: Size, sx: number, sy: number, scale: number): Camera {
  return zoomedAt(camera, toData(camera, size, sx, sy), scale);
}

/** The camera after the points were turned by the angles; pitch stops at straight down and straight up. */
export function orbited(camera: Camera, yaw: number, pitch: number): Camera {
  const most = Math.PI / 2;
  return {
    ...camera,
    yaw: wrapped(camera.yaw + yaw),
    pitch: Math.min(most, Math.max(-most, camera.pitch + pitch)),
  };
}

/** An angle as the same direction in (-π, π]. */
function wrapped(angle: number): number {
  const turn = 2 * Math.PI;
  return angle - turn * Math.ceil(angle / turn - 0.5);
}

/** Where a row is; NaN where it has no position. `xy` holds `dims` numbers per row. */
export function positionOf(xy: Float32Array, dims: number, row: number): [number, number, number] {
  const at = row * dims;
  return [xy[at] ?? Number.NaN, xy[at + 1] ?? Number.NaN, dims === 3 ? (xy[at + 2] ?? Number.NaN) : 0];
}

/** The extent of the finite positions; null when there is none. `xy` holds `dims` numbers per row. */
export function boundsOf(xy: Float32Array, dims: number): Bounds | null {
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let z0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  let z1 = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + dims <= xy.length; i += dims) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    const z = dims === 3 ? (xy[i + 2] as number) : 0;
    if (x - x !== 0 || y - y !== 0 || z - z !== 0) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
    if (z < z0) z0 = z;
    if (z > z1) z1 = z;
  }
  if (!(x0 <= x1)) return null;
  const radius = dims === 3 ? farthest(xy, (x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2) : 0;
  return { x0, y0, z0, x1, y1, z1, radius };
}

function farthest(xyz: Float32Array, x: number, y: number, z: number): number {
  let square = 0;
  for (let i = 0; i + 3 <= xyz.length; i += 3) {
    const dx = (xyz[i] as number) - x;
    const dy = (xyz[i + 1] as number) - y;
    const dz = (xyz[i + 2] as number) - z;
    const here = dx * dx + dy * dy + dz * dz;
    if (here > square && here < Number.POSITIVE_INFINITY) square = here;
  }
  return Math.sqrt(square);
}

/** What is left of a side of the pane: without `margin` of it on either end, nor less than `rim_px`, but half at least. */
function inside(side_px: number, margin: number, rim_px: number): number {
  return Math.min(side_px * (1 - 2 * margin), Math.max(side_px / 2, side_px - 2 * rim_px));
}

/**
 * The camera that shows `bounds` whole, with `margin` of the pane left free on each side, and at least `rim_px`.
 *
 * What is not flat fits as a ball, so that it stays in the pane however it is turned.
 */
export function fitted(bounds: Bounds, size: Size, angles = STRAIGHT, margin = 0.05, rim_px = 0): Camera {
  const width = inside(size.width, margin, rim_px);
  const height = inside(size.height, margin, rim_px);
  let scale: number;
  if (bounds.radius > 0) {
    const half = Math.min(width, height) / 2;
    const eye = EYE * Math.min(size.width, size.height);
    scale = (half * eye) / Math.hypot(eye, half) / bounds.radius;
  } else {
    scale = Math.min(width / (bounds.x1 - bounds.x0), height / (bounds.y1 - bounds.y0));
  }
  return {
    x: (bounds.x0 + bounds.x1) / 2,
    y: (bounds.y0 + bounds.y1) / 2,
    z: (bounds.z0 + bounds.z1) / 2,
    scale: Number.isFinite(scale) && scale > 0 ? scale : Math.max(1, Math.min(size.width, size.height) / 4),
    yaw: angles.yaw,
    pitch: angles.pitch,
  };
}

/** Of more positions an even sample is framed. */
const FRAMED = 200_000;

/**
 * The camera that shows all positions from one side, with the same left free as `fitted` leaves: what is not flat fits tighter
 * than a ball would, and may stand out a little when it is turned.
 */
export function framed(
  xy: Float32Array,
  dims: number,
  bounds: Bounds,
  size: Size,
  angles = STRAIGHT,
  margin = 0.05,
  rim_px = 0,
): Camera {
  const whole = fitted(bounds, size, angles, margin, rim_px);
  if (bounds.radius === 0) return whole;
  const [rx, ry, rz, ux, uy, uz, tx, ty, tz] = turnOf(angles);
  const wide = 2 / inside(size.width, margin, rim_px);
  const high = 2 / inside(size.height, margin, rim_px);
  const near = 1 / (EYE * Math.min(size.width, size.height));
  const n = Math.floor(xy.length / dims);
  const step = Math.max(1, Math.floor(n / FRAMED));
  let most = 0;
  for (let row = 0; row < n; row += step) {
    const dx = (xy[row * dims] as number) - whole.x;
    const dy = (xy[row * dims + 1] as number) - whole.y;
    const dz = (xy[row * dims + 2] as number) - whole.z;
    const closer = (tx * dx + ty * dy + tz * dz) * near;
    const across = Math.abs(rx * dx + ry * dy + rz * dz) * wide + closer;
    const along = Math.abs(ux * dx + uy * dy + uz * dz) * high + closer;
    const here = Math.max(across, along);
    if (here > most && here < Number.POSITIVE_INFINITY) most = here;
  }
  return most > 0 ? { ...whole, scale: 1 / most } : whole;
}

/** Between two cameras: t = 0 is `from`, t = 1 is `to`; the scale moves evenly in its logarithm, the turn the shorter way. */
export function between(from: Camera, to: Camera, t: number): Camera {
  if (t >= 1) return to;
  return {
    x: from.x + (to.x - from.x) * t,
    y: from.y + (to.y - from.y) * t,
    z: from.z + (to.z - from.z) * t,
    scale: from.scale * (to.scale / from.scale) ** t,
    yaw: wrapped(from.yaw + wrapped(to.yaw - from.yaw) * t),
    pitch: from.pitch + (to.pitch - from.pitch) * t,
  };
}
