/**
 * What is set becomes a picture, in as many steps as it takes.
 *
 * While things move each picture holds as many points as fit a frame; they stand for all, so they are drawn as opaque as
 * all together would be. At rest the whole picture is made behind that one and shown when it is done: no flicker.
 */

import { perspectiveOf, turnOf } from "./camera";
import { cloud } from "./cloud";
import { toneFor } from "./crowd";
import { RINGED_PX } from "./look";
import type { Pace } from "./pace";
import type { Raster, View } from "./raster";
import { emptyState, heightOf, type ScatterState, widthOf } from "./state";

export interface Painter {
  set(partial: Partial<ScatterState>): void;
  /** Draw with this raster from now on. */
  use(raster: Raster): void;
  /** One step; without leave to present it only goes on with what is not shown yet. `now_ms` is the clock of requestAnimationFrame. */
  draw(now_ms: number, mayPresent?: boolean): Step;
  /** Nothing is likely to be drawn soon. */
  rest(): void;
}

/**
 * What a step did. Presented a picture: all of it ("whole") or one with more to come ("part"). Or no picture: went on
 * behind the one shown ("working"), could not ("waiting"), had nothing to do ("resting").
 */
export type Step = "whole" | "part" | "working" | "waiting" | "resting";

/** What a frame took, at least, when the GPU had not finished it by the next one. */
const LATE_MS = 16;

/** A point that stands for many lets this much of what is behind it through. */
const DENSEST = 0.95;

/** The radius of the largest point in depth, in CSS pixels: one that is next to the eye. */
const LARGEST_PX = 24;

/** Where density is drawn in depth no point is so many times larger than in the middle, nor of a larger radius. */
const MOST_CLOSER = 2;
const MOST_TONED = 24;

/** How many times as long other colours may take at once: each picture shown costs where the browser draws by software. */
const PATIENCE = 2.5;

/** How much of a tagged point's radius is open. */
const CORE = 0.5;

/** How much of the others a lit point hides. */
const VEIL = 0.82;

export function painter(first: Raster, frames: Pace): Painter {
  let raster = first;
  let state = emptyState();
  const points = cloud();
  /** The base layer: out of date, a sample that stands for all, being filled with all, or whole. */
  let base: "stale" | "sample" | "filling" | "whole" = "stale";
  let drawn = 0;
  let shown = false;
  let lastDrawn = 0;
  let took_ms = 0;
  let lastCamera = state.camera;
  let lastColors = state.colors;
  let late = 0;

  function view(radius: number, opacity: number, rim: number): View {
    const { camera, dpr, background } = state;
    const turn = camera.yaw === 0 && camera.pitch === 0 ? null : turnOf(camera);
    const deep = points.dims === 3 || turn !== null;
    return {
      x: camera.x,
      y: camera.y,
      z: camera.z,
      scale: camera.scale * dpr,
      turn,
      perspective: deep ? perspectiveOf(camera, state) : 0,
      t: points.t,
      radius,
      largest: LARGEST_PX * dpr,
      opacity,
      rim,
      rimWidth: 0.75 * dpr,
      core: state.look.size_px >= RINGED_PX ? CORE : 0,
      background,
      tone: null,
    };
  }

  /** How the base is toned, when each point in it stands for 1 / `share` of them. */
  function tone(plain: View, share: number): View["tone"] {
    const layers = Math.min(points.count, (points.crowd * Math.PI * plain.radius ** 2) / plain.scale ** 2);
    return toneFor(layers, state.look.density, 1 / share, points.depth);
  }

  /** Whether nobody has to see a sample first: all are drawn soon, and nothing moves that the page cannot move itself. */
  function atOnce(): boolean {
    const isTurning =
      state.camera !== lastCamera && (points.dims === 3 || state.camera.yaw !== 0 || state.camera.pitch !== 0);
    return !points.gliding && !isTurning && frames.fits(points.count, isRecolored() ? PATIENCE : 1);
  }

  const isRecolored = () => state.colors !== lastColors && state.camera === lastCamera;

  /** @param share what part of all points those of the base layer stand for all with. @param most how many to draw */
  function add(share: number, most: number): void {
    const { look, dpr } = state;
    const from = drawn;
    const start = performance.now();
    drawn = Math.min(points.count, from + most);
    const opacity = share < 1 ? Math.min(DENSEST, 1 - (1 - look.opacity) ** (1 / share)) : look.opacity;
    const plain = view((look.size_px * dpr) / 2, opacity, look.rim);
    const toned = tone(plain, Math.min(1, share));
    const largest = toned === null ? plain.largest : Math.min(plain.largest, MOST_CLOSER * plain.radius, MOST_TONED);
    raster.base(from, drawn, { ...plain, largest, tone: toned });
    lastDrawn = drawn - from;
    if (raster.kind !== "cpu") return;
    const ms = performance.now() - start;
    took_ms = from === 0 ? ms : took_ms + ms;
    frames.spent(lastDrawn, ms);
    // In other colours the same points may be drawn quicker than anywhere else.
    if (drawn === points.count && share === 1 && !isRecolored()) frames.took(drawn, took_ms);
  }

  /** How long the GPU took, by its own clock, or by the frames in which it had not finished. */
  function heed(): void {
    const measured = raster.measured();
    if (late > 0 || measured === null) frames.spent(lastDrawn, late * LATE_MS);
    else for (const { points, ms } of measured) frames.spent(points, ms);
    late = 0;
  }

  function present(): void {
    const { look, dpr } = state;
    const radius = (look.size_px * dpr) / 2;
    const bright = view(radius * 1.12 + 0.2 * dpr, Math.max(look.opacity, 0.95), Math.max(look.rim, 0.8));
    shown = raster.present(points.slotAfter(drawn), bright, state.lit === null ? 0 : VEIL);
  }

  return {
    set(partial) {
      const before = state;
      state = { ...state, ...partial };
      const sized = state.width !== before.width || state.height !== before.height || state.dpr !== before.dpr;
      if (sized) raster.resize(widthOf(state), heightOf(state));
      points.send(raster, state, before);
      if (state.pictures !== before.pictures) raster.pictures(state.pictures);
      if (state.boxes !== before.boxes) raster.boxes(state.boxes);
      shown &&= state.lit === before.lit && state.pictures === before.pictures && state.boxes === before.boxes;
      if (
        sized ||
        state.positions !== before.positions ||
        state.colors !== before.colors ||
        state.hidden !== before.hidden ||
        state.tagged !== before.tagged ||
        state.camera !== before.camera ||
        state.look !== before.look ||
        state.background !== before.background
      ) {
        base = "stale";
      }
    },
    use(another) {
      raster = another;
      raster.resize(widthOf(state), heightOf(state));
      points.sendAll(raster, state);
      raster.pictures(state.pictures);
      raster.boxes(state.boxes);
      base = "stale";
    },
    rest: () => raster.rest(),
    draw(now_ms, mayPresent = true) {
      if (widthOf(state) < 1 || heightOf(state) < 1) return "resting";
      if (raster.busy()) {
        late++;
        return "waiting";
      }
      if (raster.kind === "gpu") heed();
      if (base === "stale" || points.gliding) {
        if (!mayPresent) return "waiting";
        points.advance(raster, now_ms, state.glide_ms);
        drawn = 0;
        const most = atOnce() ? points.count : frames.points;
        add(points.count === 0 ? 1 : most / points.count, most);
        lastCamera = state.camera;
        lastColors = state.colors;
        base = drawn === points.count ? "whole" : "sample";
        shown = false;
      } else if (base !== "whole") {
        if (base === "sample") drawn = 0;
        add(1, frames.points);
        shown = false;
        base = drawn === points.count ? "whole" : "filling";
        if (base === "filling") return "working";
      }
      if (shown) return "resting";
      if (!mayPresent) return "waiting";
      present();
      return base === "whole" && !points.gliding && shown ? "whole" : "part";
    },
  };
}
