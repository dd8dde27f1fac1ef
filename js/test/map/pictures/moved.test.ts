/** Pictures on a dragged map are moved as long as those drawn show, moved, what would be drawn anew. */

import { describe, expect, test } from "vitest";
import { movedTo } from "../../../src/map/pictures/moved";
import type { Shown } from "../../../src/map/pictures/paint";

const AREA = { width: 200, height: 100, around: 40, line: 1 };
const picture = { width: 20, height: 20 } as ImageBitmap;

function one(row: number, left: number, top: number, other: Partial<Shown> = {}): Shown {
  return {
    ...{ row, picture, left, top, width: 20, height: 20, depth: 0, frame: 2, share: 1, veil: 0, ring: null },
    color: [1, 2, 3],
    ...other,
  };
}

const by = (right: number, down: number, shown: readonly Shown[]) =>
  shown.map((each) => ({ ...each, left: each.left + right, top: each.top + down }));

describe("how far what is drawn is moved", () => {
  const drawn = [one(1, 50, 40), one(2, 120, 10)];

  test("as far as all on the pane are", () => {
    expect(movedTo(drawn, drawn, AREA)).toEqual({ right: 0, down: 0 });
    expect(movedTo(drawn, by(7, -3, drawn), AREA)).toEqual({ right: 7, down: -3 });
  });

  test("not when one is elsewhere, new, gone or drawn in another way", () => {
    const [a, b] = by(7, -3, drawn) as [Shown, Shown];
    expect(movedTo(drawn, [a, { ...b, left: b.left + 1 }], AREA)).toBe(null);
    expect(movedTo(drawn, [a, b, one(3, 10, 10)], AREA)).toBe(null);
    expect(movedTo(drawn, [a], AREA)).toBe(null);
    const changes: Partial<Shown>[] = [
      ...[{ width: 21 }, { height: 21 }, { frame: 3 }, { share: 0.5 }, { veil: 0.1 }, { color: [1, 2, 4] as const }],
      ...[{ ring: [0, 0, 0] as const }, { picture: { ...picture } as ImageBitmap }],
    ];
    for (const change of changes) expect(movedTo(drawn, [a, { ...b, ...change }], AREA)).toBe(null);
  });

  test("what is beyond the pane does not count, neither coming nor going", () => {
    // A picture of 20, its frame of 2 and a hairline of 1 are off the pane from 23 before its edge on.
    const beyond = one(3, -23, 50);
    expect(movedTo(drawn, [...drawn, beyond], AREA)).toEqual({ right: 0, down: 0 });
    expect(movedTo([...drawn, beyond], drawn, AREA)).toEqual({ right: 0, down: 0 });
    expect(movedTo([...drawn, beyond], by(1, 0, drawn), AREA), "it would come in").toBe(null);
    expect(movedTo([...drawn, beyond], by(1, 0, [...drawn, beyond]), AREA)).toEqual({ right: 1, down: 0 });
  });

  test("not when one that was cut off where the drawn part ends comes in", () => {
    const within = one(3, -37, 50);
    const cut = one(3, -38, 50);
    expect(movedTo([within], by(20, 0, [within]), AREA)).toEqual({ right: 20, down: 0 });
    expect(movedTo([cut], by(20, 0, [cut]), AREA)).toBe(null);
    const below = one(3, 50, 117);
    expect(movedTo([below], by(0, -20, [below]), AREA)).toEqual({ right: 0, down: -20 });
    const low = one(3, 50, 118);
    expect(movedTo([low], by(0, -20, [low]), AREA)).toBe(null);
  });
});
