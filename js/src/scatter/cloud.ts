/** The points in draw order, and on their way from one layout to the next. */

import { crowdOf } from "./crowd";
import { eased, glided } from "./glide";
import { codesInDrawOrder, drawOrder, flagsInDrawOrder, inDrawOrder, raised, slotsOf } from "./permutation";
import type { Raster } from "./raster";
import type { Rows, ScatterState } from "./state";

export interface Cloud {
  readonly dims: 2 | 3;
  /** How much of their depth is there: 0 on a flat layout, 1 in space, between them on the way from one to the other. */
  readonly depth: number;
  /** How many points are drawn at all. */
  readonly count: number;
  /** Points per square unit where they are crowded. */
  readonly crowd: number;
  readonly gliding: boolean;
  /** How far they are on their way, 0…1. */
  readonly t: number;
  /** Give `raster` what of `state` is not what it was `before`. */
  send(raster: Raster, state: ScatterState, before: ScatterState): void;
  /** Give a new raster everything. */
  sendAll(raster: Raster, state: ScatterState): void;
  /** Move on; `now_ms` is the clock of requestAnimationFrame. */
  advance(raster: Raster, now_ms: number, glide_ms: number): void;
  /** The slot after the first `drawn` visible ones. */
  slotAfter(drawn: number): number;
}

export function cloud(): Cloud {
  let order = drawOrder(0);
  /** As they were sent last, by slot: those by row may be gone. */
  let colors: ScatterState["colors"] = null;
  let to: Float32Array = new Float32Array(0);
  let from: Float32Array | null = null;
  let dims: 2 | 3 = 2;
  /** The layout to come, when it is flat and the way there is not. */
  let flat: Float32Array | null = null;
  /** Whether they come from a flat layout into space. */
  let isRaised = false;
  let visible: Uint32Array | null = null;
  let crowd = 0;
  let start = Number.NaN;
  let t = 1;

  /** Whether the number of points changed. */
  function place(positions: ScatterState["positions"], glide_ms: number, old: Float32Array | null): boolean {
    const { xy, dims: wanted } = positions ?? { xy: new Float32Array(0), dims: 2 as const };
    const n = Math.floor(xy.length / wanted);
    const same = n === order.n;
    const glides = old !== null && same && n > 0 && glide_ms > 0;
    if (!same) order = drawOrder(n);
    const oldDims = dims;
    dims = glides && oldDims === 3 ? 3 : wanted;
    flat = dims === wanted ? null : inDrawOrder(xy, wanted, order);
    to = inDrawOrder(xy, wanted, order, dims);
    crowd = crowdOf(flat ?? to, wanted);
    isRaised = oldDims < dims;
    from = !glides ? null : isRaised ? raised(old) : old;
    t = from === null ? 1 : 0;
    start = Number.NaN;
    return !same;
  }

  function sendColors(raster: Raster, source: ScatterState["colors"]): void {
    colors =
      source === null || source.codes.length !== order.n
        ? { codes: new Uint8Array(order.n), lut: new Uint8Array([128, 128, 128, 255]) }
        : { codes: codesInDrawOrder(source.codes, order), lut: source.lut };
    raster.colors(colors.codes, colors.lut);
  }

  const fitting = (rows: Rows | null) => (rows?.bits.length === (order.n + 7) >> 3 ? rows : null);

  function sendVisible(raster: Raster, state: ScatterState): void {
    const hidden = fitting(state.hidden);
    visible = hidden === null ? null : slotsOf(hidden, order, false);
    raster.visible(visible);
  }

  function sendTagged(raster: Raster, state: ScatterState): void {
    const tagged = fitting(state.tagged);
    raster.tagged(tagged === null || tagged.count === 0 ? null : flagsInDrawOrder(tagged.bits, order));
  }

  function sendLit(raster: Raster, state: ScatterState): void {
    const hidden = fitting(state.hidden);
    const lit = fitting(state.lit);
    const seen = lit === null || hidden === null ? lit : without(lit, hidden);
    raster.lit(seen === null ? new Uint32Array(0) : slotsOf(seen, order));
  }

  return {
    get dims() {
      return dims;
    },
    get depth() {
      const [before, after] = [isRaised ? 0 : dims - 2, flat === null ? dims - 2 : 0];
      return from === null ? dims - 2 : before * (1 - t) + after * t;
    },
    get count() {
      return visible?.length ?? order.n;
    },
    get crowd() {
      return visible === null ? crowd : crowd * (visible.length / Math.max(1, order.n));
    },
    get gliding() {
      return from !== null;
    },
    get t() {
      return t;
    },
    send(raster, state, before) {
      let other = false;
      if (state.positions !== before.positions) {
        const old = before.positions === null ? null : from === null ? to : glided(from, to, t, dims);
        other = place(state.positions, state.glide_ms, old);
        raster.positions(to, from, dims);
      }
      if (other || state.colors !== before.colors) sendColors(raster, state.colors);
      if (other || state.tagged !== before.tagged) sendTagged(raster, state);
      const hides = other || state.hidden !== before.hidden;
      if (hides) sendVisible(raster, state);
      if (hides || state.lit !== before.lit) sendLit(raster, state);
    },
    sendAll(raster, state) {
      raster.positions(to, from, dims);
      if (colors !== null) raster.colors(colors.codes, colors.lut);
      sendTagged(raster, state);
      sendVisible(raster, state);
      sendLit(raster, state);
    },
    advance(raster, now_ms, glide_ms) {
      if (from === null) return;
      if (Number.isNaN(start)) start = now_ms;
      const share = Math.min(1, (now_ms - start) / glide_ms);
      t = eased(share);
      if (share < 1) return;
      from = null;
      if (flat !== null) {
        dims = 2;
        to = flat;
        flat = null;
      }
      raster.positions(to, null, dims);
    },
    slotAfter: (drawn) => visible?.[drawn] ?? (visible === null ? drawn : order.n),
  };
}

function without(rows: Rows, others: Rows): Rows {
  return { bits: rows.bits.map((byte, i) => byte & ~(others.bits[i] as number)), count: rows.count };
}
