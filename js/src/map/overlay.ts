/** What is drawn over the points without redrawing them: rings, the line of a lasso, the mode's badge. */

import { effect } from "@preact/signals";
import { positionOf, toScreen } from "../scatter/camera";
import type { Mode, Store } from "../store";
import type { ViewState } from "./view_state";

const SVG = "http://www.w3.org/2000/svg";
const BADGES: Record<Mode, string> = { replace: "", add: "+", subtract: "−", intersect: "∩" };

export interface Overlay {
  /** The outline of a gesture, x0, y0, x1, y1, … in CSS pixels; empty for none. */
  outline(corners: readonly number[]): void;
  /** The pointer is at (sx, sy), or away. */
  pointer(at: readonly [number, number] | null): void;
  dispose(): void;
}

function ring(name: string): SVGGElement {
  const group = document.createElementNS(SVG, "g");
  group.setAttribute("class", `pt-map-ring pt-map-ring-${name}`);
  for (const part of ["halo", "line"]) {
    const circle = document.createElementNS(SVG, "circle");
    circle.setAttribute("class", `pt-map-ring-${part}`);
    group.append(circle);
  }
  return group;
}

/** @param radius of a point on screen now, in CSS pixels */
export function overlay(store: Store, view: ViewState, el: HTMLElement, radius: () => number): Overlay {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "pt-map-overlay");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", "pt-map-outline");
  const focused = ring("focused");
  const hovered = ring("hovered");
  svg.append(path, focused, hovered);
  const badge = document.createElement("div");
  badge.className = "pt-map-badge";
  badge.hidden = true;
  el.append(svg, badge);

  function put(group: SVGGElement, row: number, gap: number): void {
    const layout = store.layout.value;
    const place = layout === null ? null : positionOf(layout.xy, layout.dims, row);
    const [sx, sy] = place === null ? [Number.NaN, 0] : toScreen(view.camera.value, view.size.value, ...place);
    const visible = Number.isFinite(sx + sy);
    group.style.display = visible ? "" : "none";
    if (!visible) return;
    group.setAttribute("transform", `translate(${sx} ${sy})`);
    for (const circle of group.children) circle.setAttribute("r", String(radius() + gap));
  }

  let at: readonly [number, number] | null = null;
  function showBadge(): void {
    const sign = BADGES[view.mode.value ?? "replace"];
    badge.hidden = at === null || sign === "";
    badge.textContent = sign;
    if (at !== null) badge.style.transform = `translate(${at[0] + 12}px, ${at[1] + 12}px)`;
  }

  const stops = [
    effect(() => put(hovered, store.hovered.value, 3)),
    effect(() => put(focused, store.focused.value.row, 4.5)),
    effect(showBadge),
  ];
  return {
    outline(corners) {
      let d = "";
      for (let c = 0; c + 1 < corners.length; c += 2) d += `${c === 0 ? "M" : "L"}${corners[c]} ${corners[c + 1]}`;
      path.setAttribute("d", d === "" ? "" : `${d}Z`);
    },
    pointer(now) {
      at = now;
      showBadge();
    },
    dispose() {
      for (const stop of stops) stop();
      svg.remove();
      badge.remove();
    },
  };
}
