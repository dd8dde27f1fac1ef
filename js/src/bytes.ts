/** Bytes of the protocol: what is sent is described, what arrives is checked before it is used. */

import type { Buffer, DType } from "./protocol.gen";
import type { RowMask } from "./store";

export type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array;

export interface Packed {
  readonly about: Buffer;
  readonly bytes: Uint8Array;
}

export interface Received {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian numbers; for `bits` the bytes of the mask. */
  readonly data: Numbers;
}

/** A message that does not follow the protocol. */
export class WireError extends Error {
  override name = "WireError";
}

const ITEM_BYTES: Record<DType, number> = { u8: 1, u16: 2, u32: 4, f32: 4, bits: 1 };

export function packRows(name: string, rows: Uint32Array): Packed {
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  return { about: { name, dtype: "u32", shape: [rows.length] }, bytes };
}

export function packMask(name: string, mask: RowMask): Packed {
  return { about: { name, dtype: "bits", shape: [mask.n] }, bytes: mask.bits };
}

/**
 * The arrays of a message by name.
 *
 * Hosts hand buffers over as ArrayBuffer, DataView or typed array, often a window into a larger message at an odd
 * offset; an array is copied only where its numbers would not be aligned.
 *
 * @throws WireError when a buffer is missing, too many, or not as long as its dtype and shape say
 */
export function unpack(listed: readonly Buffer[], buffers: readonly unknown[]): Map<string, Received> {
  if (listed.length !== buffers.length) {
    throw new WireError(`the message lists ${listed.length} buffers and carries ${buffers.length}`);
  }
  const arrays = new Map<string, Received>();
  listed.forEach(({ name, dtype, shape }, i) => {
    const bytes = asBytes(buffers[i], name);
    const size = ITEM_BYTES[dtype];
    const sound = Array.isArray(shape) && shape.every((side) => Number.isInteger(side) && side >= 0);
    if (size === undefined || !sound || (dtype === "bits" && shape.length !== 1)) {
      throw new WireError(`buffer "${name}" is described as ${dtype} of shape [${shape}]`);
    }
    const count = shape.reduce((product, side) => product * side, 1);
    const expected = dtype === "bits" ? Math.ceil(count / 8) : count * size;
    if (bytes.byteLength !== expected) {
      throw new WireError(
        `buffer "${name}" has ${bytes.byteLength} bytes; ${dtype} of shape [${shape}] takes ${expected}`,
      );
    }
    arrays.set(name, { dtype, shape, data: asNumbers(bytes, dtype) });
  });
  return arrays;
}

/**
 * One array of a message, of the dtype and shape the question calls for.
 *
 * @throws WireError when it is absent or something else
 */
export function take(arrays: Map<string, Received>, name: string, dtype: "f32", shape: readonly number[]): Float32Array;
export function take(arrays: Map<string, Received>, name: string, dtype: "u32", shape?: readonly number[]): Uint32Array;
export function take(
  arrays: Map<string, Received>,
  name: string,
  dtype: "u8" | "bits",
  shape?: readonly number[],
): Uint8Array;
export function take(arrays: Map<string, Received>, name: string, dtype: DType, shape?: readonly number[]): Numbers {
  const found = arrays.get(name);
  if (found === undefined) throw new WireError(`the message has no buffer "${name}"`);
  if (found.dtype !== dtype || (shape !== undefined && String(found.shape) !== String(shape))) {
    throw new WireError(
      `buffer "${name}" is ${found.dtype} of shape [${found.shape}], not ${dtype} of shape [${shape ?? "any"}]`,
    );
  }
  return found.data;
}

function asBytes(buffer: unknown, name: string): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  throw new WireError(`buffer "${name}" arrived as ${Object.prototype.toString.call(buffer)}, not as bytes`);
}

function asNumbers(bytes: Uint8Array, dtype: DType): Numbers {
  const size = ITEM_BYTES[dtype];
  if (size === 1) return bytes;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const count = bytes.byteLength / size;
  if (dtype === "u16") return new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  if (dtype === "u32") return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
  return new Float32Array(aligned.buffer, aligned.byteOffset, count);
}
