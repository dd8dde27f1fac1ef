/** Lines one can drag: between map and grid, and under the widget. */

import { useRef } from "preact/hooks";

interface HandleProps {
  name: string;
  /** Which way it moves. */
  axis: "x" | "y";
  class: string;
  value: number;
  least: number;
  most: number;
  /** By how much an arrow key moves it. */
  step: number;
  /** What a drag of so many pixels adds to the value. */
  scale: (moved_px: number) => number;
  onMove: (value: number) => void;
  onReset: () => void;
}

export function Handle({ name, axis, class: kind, value, least, most, step, scale, onMove, onReset }: HandleProps) {
  const from = useRef<{ at: number; value: number } | null>(null);
  const place = (event: PointerEvent) => (axis === "x" ? event.clientX : event.clientY);
  const move = (to: number) => onMove(Math.min(most, Math.max(least, to)));
  const keys = axis === "x" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that moves is not a rule
    <div
      class={`pt-handle pt-handle-${axis} ${kind}`}
      role="separator"
      tabIndex={0}
      aria-label={name}
      aria-orientation={axis === "x" ? "vertical" : "horizontal"}
      aria-valuemin={Math.round(least * 100)}
      aria-valuemax={Math.round(most * 100)}
      aria-valuenow={Math.round(value * 100)}
      title={`${name}: drag, or double-click`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { at: place(event), value };
        event.preventDefault();
        event.currentTarget.focus({ preventScroll: true });
      }}
      onPointerMove={(event) => {
        if (from.current !== null) move(from.current.value + scale(place(event) - from.current.at));
      }}
      onLostPointerCapture={() => {
        from.current = null;
      }}
      onDblClick={onReset}
      onKeyDown={(event) => {
        const way = keys.indexOf(event.key);
        if (way < 0) return;
        move(value + (way === 0 ? -step : step));
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
