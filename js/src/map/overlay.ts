/** What is drawn over the points without redrawing them: rings, the line of a lasso, the mode's badge. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { has } from "../bitmask";
import { positionOf, toScreen } from "../scatter/camera";
import type { Mode, Store } from "../store";
import { pathOf } from "./outline";
import type { ViewState } from "./view_state";

const SVG = "http://www.w3.org/2000/svg";
const BADGES: Record<Mode, string> = { replace: "", add: "+", subtract: "−", intersect: "∩" };

export interface Overlay {
  readonly svg: SVGSVGElement;
  /** Whether an outline is being drawn. */
  readonly drawing: ReadonlySignal<boolean>;
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
  const brush = document.createElementNS(SVG, "circle");
  brush.setAttribute("class", "pt-map-brush");
  svg.append(path, brush, focused, hovered);
  const drawing = signal(false);
  const badge = document.createElement("div");
  badge.className = "pt-map-badge";
  badge.hidden = true;
  el.append(svg, badge);

  function put(group: SVGGElement, row: number, gap: number): void {
    const layout = store.layout.value;
    const hidden = store.hidden.value;
    const isHidden = hidden !== null && has(hidden, row);
    const place = layout === null || isHidden ? null : positionOf(layout.xy, layout.dims, row);
    const [sx, sy] = place === null ? [Number.NaN, 0] : toScreen(view.camera.value, view.size.value, ...place);
    const visible = Number.isFinite(sx + sy);
    group.style.display = visible ? "" : "none";
    if (!visible) return;
    group.setAttribute("transform", `translate(${sx} ${sy})`);
    for (const circle of group.children) circle.setAttribute("r", String(radius() + gap));
  }

  const at = signal<readonly [number, number] | null>(null);
  function showBadge(): void {
    const sign = BADGES[view.mode.value ?? "replace"];
    badge.hidden = at.value === null || sign === "";
    badge.textContent = sign;
    if (at.value !== null) badge.style.transform = `translate(${at.value[0] + 12}px, ${at.value[1] + 12}px)`;
  }
  function showBrush(): void {
    const shown = view.tool.value === "brush" && at.value !== null;
    brush.style.display = shown ? "" : "none";
    if (at.value === null || !shown) return;
    brush.setAttribute("cx", String(at.value[0]));
    brush.setAttribute("cy", String(at.value[1]));
    brush.setAttribute("r", String(view.brush_px.value));
  }

  const stops = [
    effect(() => put(hovered, store.hovered.value, 3)),
    effect(() => put(focused, store.focused.value.row, 4.5)),
    effect(showBadge),
    effect(showBrush),
  ];
  return {
    svg,
    drawing,
    outline(corners) {
      drawing.value = corners.length > 0;
      path.setAttribute("d", pathOf(corners));
    },
    pointer(now) {
      at.value = now;
    },
    dispose() {
      for (const stop of stops) stop();
      svg.remove();
      badge.remove();
    },
  };
}
