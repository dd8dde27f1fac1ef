import { describe, expect, test } from "vitest";
import { shelf } from "../../src/scatter/gl/shelf";
import { seeded } from "../fakeStore";

describe("layers of a texture array", () => {
  test("hold what was looked at last, as a list would, and nothing twice", () => {
    const random = seeded(4);
    const held = shelf<number>(5);
    let oracle: number[] = [];
    const layerOf = new Map<number, number>();
    for (let step = 0; step < 2000; step++) {
      const thing = Math.floor(random() * 12);
      const found = held.find(thing);
      expect(found).toBe(oracle.includes(thing) ? layerOf.get(thing) : -1);
      if (found < 0) {
        const gone = oracle.length < 5 ? null : (oracle.shift() as number);
        const layer = held.place(thing, () => true);
        if (gone !== null) expect(layer).toBe(layerOf.get(gone));
        layerOf.set(thing, layer);
      }
      oracle = [...oracle.filter((other) => other !== thing), thing];
      expect(new Set(oracle.map((other) => layerOf.get(other))).size).toBe(oracle.length);
    }
  });

  test("what is shown makes no room", () => {
    const held = shelf<string>(2);
    held.place("a", () => true);
    held.place("b", () => true);
    expect(held.place("c", () => false)).toBe(-1);
    expect(held.place("c", (other) => other === "b")).toBe(1);
    expect([held.find("a"), held.find("b"), held.find("c")]).toEqual([0, -1, 1]);
  });
});
