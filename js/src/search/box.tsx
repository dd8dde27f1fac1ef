/** A box drawn in the large picture: more like this part. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../store";

/** A press that moves less than this draws nothing. */
const LEAST_PX = 6;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface PartProps {
  store: Store;
  row: number;
  /** Of the original, in pixels. */
  size: { width: number; height: number };
  onAsked: () => void;
}

/** Lies over the picture, which fills its own place as far as its shape allows. */
export function PartOfPicture({ store, row, size, onAsked }: PartProps) {
  const field = useRef<HTMLDivElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const [box, setBox] = useState<Box | null>(null);
  useEffect(() => setBox(null), [row]);

  /** The picture itself within the field: [left, top, CSS pixels per pixel of the original]. */
  function inset(): [number, number, number] {
    const { clientWidth = 0, clientHeight = 0 } = field.current ?? {};
    const scale = Math.min(clientWidth / size.width, clientHeight / size.height);
    return [(clientWidth - size.width * scale) / 2, (clientHeight - size.height * scale) / 2, scale];
  }

  function at(event: PointerEvent): { x: number; y: number } {
    const place = field.current?.getBoundingClientRect() ?? new DOMRect();
    const [left, top, scale] = inset();
    const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
    return {
      x: within(event.clientX - place.left - left, size.width * scale) + left,
      y: within(event.clientY - place.top - top, size.height * scale) + top,
    };
  }

  function move(event: PointerEvent): void {
    if (from.current === null) return;
    const [a, b] = [from.current, at(event)];
    const next = {
      x: Math.min(a.x, b.x),
      y: Math.min(a.y, b.y),
      width: Math.abs(a.x - b.x),
      height: Math.abs(a.y - b.y),
    };
    setBox(next.width >= LEAST_PX && next.height >= LEAST_PX ? next : null);
  }

  function ask(): void {
    if (box === null) return;
    const [left, top, scale] = inset();
    const part = [(box.x - left) / scale, (box.y - top) / scale, box.width / scale, box.height / scale] as const;
    void store.search.ask([{ kind: "box", row, box: part, like: true }], "anew");
    onAsked();
  }

  return (
    <div
      ref={field}
      class="pt-part-field"
      title={box === null ? "Draw a box to find images like that part" : ""}
      onPointerDown={(event) => {
        if (event.button !== 0 || (event.target as HTMLElement).closest("button") !== null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = at(event);
        setBox(null);
      }}
      onPointerMove={move}
      onPointerUp={() => {
        from.current = null;
      }}
      onPointerCancel={() => {
        from.current = null;
        setBox(null);
      }}
    >
      {box !== null && (
        <div
          class="pt-part-box"
          style={{ left: `${box.x}px`, top: `${box.y}px`, width: `${box.width}px`, height: `${box.height}px` }}
        >
          <button type="button" onClick={ask}>
            More like this part
          </button>
        </div>
      )}
    </div>
  );
}
