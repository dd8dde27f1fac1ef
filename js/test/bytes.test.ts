import { describe, expect, test } from "vitest";
import { packRows, take, unpack } from "../src/bytes";
import type { Buffer, DType } from "../src/protocol.gen";

const about = (dtype: DType, shape: number[], name = "x"): Buffer => ({ name, dtype, shape });
const floats = Float32Array.of(1.5, -2, Number.NaN);

describe("buffers that arrive", () => {
  test.each([
    ["ArrayBuffer", floats.buffer],
    ["Uint8Array", new Uint8Array(floats.buffer)],
    ["DataView", new DataView(floats.buffer)],
  ])("as %s hold the same numbers", (_, buffer) => {
    const arrays = unpack([about("f32", [3])], [buffer]);
    expect(take(arrays, "x", "f32", [3])).toEqual(floats);
  });

  test.each([0, 1, 2, 3, 4])("as a window that begins %i bytes into a message", (offset) => {
    const message = new Uint8Array(32).fill(99);
    message.set(new Uint8Array(floats.buffer), offset);
    const arrays = unpack([about("f32", [3])], [new DataView(message.buffer, offset, 12)]);
    expect(take(arrays, "x", "f32", [3])).toEqual(floats);
  });

  test.each<[string, Buffer[], unknown[], string]>([
    ["missing", [about("u8", [1])], [], "lists 1 buffers and carries 0"],
    ["too many", [], [new Uint8Array(1)], "lists 0 buffers and carries 1"],
    ["too short", [about("f32", [3])], [new Uint8Array(11)], 'buffer "x" has 11 bytes; f32 of shape [3] takes 12'],
    ["too long a mask", [about("bits", [8])], [new Uint8Array(2)], "has 2 bytes; bits of shape [8] takes 1"],
    ["not bytes", [about("u8", [2])], [[1, 2]], 'buffer "x" arrived as [object Array]'],
    ["of an unknown dtype", [about("f64" as DType, [1])], [new Uint8Array(8)], "described as f64"],
    ["of a negative shape", [about("u8", [-1])], [new Uint8Array(1)], "of shape [-1]"],
    ["a square mask", [about("bits", [2, 4])], [new Uint8Array(1)], "described as bits of shape [2,4]"],
  ])("are refused when %s", (_, listed, buffers, words) => {
    expect(() => unpack(listed, buffers)).toThrow(words);
  });

  test("must be what the question calls for", () => {
    const arrays = unpack([about("f32", [3])], [floats]);
    expect(() => take(arrays, "y", "f32", [3])).toThrow('no buffer "y"');
    expect(() => take(arrays, "x", "u8")).toThrow("is f32 of shape [3], not u8");
    expect(() => take(arrays, "x", "f32", [3, 2])).toThrow("not f32 of shape [3,2]");
  });
});

test("rows are sent as they lie in a larger array", () => {
  const rows = Uint32Array.of(1, 2, 3, 4).subarray(1, 3);
  const { about, bytes } = packRows("rows", rows);
  expect(about).toEqual({ name: "rows", dtype: "u32", shape: [2] });
  expect(Array.from(bytes)).toEqual([2, 0, 0, 0, 3, 0, 0, 0]);
});
