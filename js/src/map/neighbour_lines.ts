/** Lines from one point to the nearest by their vectors: where the map tells the truth they are short. */

import { effect, signal } from "@preact/signals";
import { has } from "../bitmask";
import { positionOf, toScreen } from "../scatter/camera";
import type { Store } from "../store";
import type { ViewState } from "./view_state";

const SVG = "http://www.w3.org/2000/svg";
const K = 12;
/** The pointer rests this long before the kernel is asked. */
const REST_MS = 60;
const FAINTEST = 0.25;
const KEPT = 200;

interface Found {
  readonly row: number;
  readonly rows: Uint32Array;
  readonly distances: Float32Array;
}

/** How strong each line is: 1 for the nearest, FAINTEST for the farthest of them. */
export function strengths(distances: Float32Array): number[] {
  const nearest = distances[0] ?? 0;
  const span = (distances.at(-1) ?? 0) - nearest;
  return Array.from(distances, (distance) => 1 - (1 - FAINTEST) * (span > 0 ? (distance - nearest) / span : 0));
}

/** Of the hovered point, or else of the one clicked last. */
export function neighbourLines(store: Store, view: ViewState, svg: SVGSVGElement): () => void {
  const group = document.createElementNS(SVG, "g");
  group.setAttribute("class", "pt-map-lines");
  svg.prepend(group);
  const found = signal<Found | null>(null);
  const kept = new Map<number, Found>();
  let wanted = -1;
  let timer = 0;

  async function ask(row: number): Promise<void> {
    const answer = await store.neighbours(row, K);
    if (answer === null) {
      view.lines.value = false;
      return;
    }
    if (kept.size >= KEPT) kept.clear();
    kept.set(row, { row, ...answer });
    if (wanted === row) found.value = { row, ...answer };
  }

  const stops = [
    effect(() => {
      const hovered = store.hovered.value;
      const row = hovered >= 0 ? hovered : store.focused.value.row;
      wanted = view.lines.value ? row : -1;
      clearTimeout(timer);
      const known = kept.get(wanted);
      if (known !== undefined || wanted < 0) found.value = known ?? null;
      else timer = window.setTimeout(() => void ask(wanted), REST_MS);
    }),
    effect(() => {
      const layout = store.layout.value;
      const hidden = store.hidden.value;
      const now = found.value;
      const camera = view.camera.value;
      const size = view.size.value;
      const place = (row: number): [number, number] =>
        layout === null || (hidden !== null && has(hidden, row))
          ? [Number.NaN, Number.NaN]
          : toScreen(camera, size, ...positionOf(layout.xy, layout.dims, row));
      const lines: SVGElement[] = [];
      if (now !== null) {
        const from = place(now.row);
        const strong = strengths(now.distances);
        for (const [i, row] of now.rows.entries()) {
          const to = place(row);
          if (![...from, ...to].every(Number.isFinite)) continue;
          const line = document.createElementNS(SVG, "line");
          const ends = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
          for (const [name, value] of Object.entries(ends)) line.setAttribute(name, String(value));
          const end = document.createElementNS(SVG, "circle");
          end.setAttribute("cx", String(to[0]));
          end.setAttribute("cy", String(to[1]));
          end.setAttribute("r", "4");
          for (const part of [line, end]) part.setAttribute("opacity", (strong[i] as number).toFixed(2));
          lines.push(line, end);
        }
      }
      group.replaceChildren(...lines);
    }),
    effect(() => {
      store.traits.encoder.value;
      store.layout.value; // another encoder is asked for first, and answers only when its layout comes
      kept.clear();
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
    group.remove();
  };
}
