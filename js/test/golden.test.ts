/** Frames written by Python are read here, and those of the browser are written byte for byte as Python expects them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { maskFromBits, maskOf, rowsOf } from "../src/bitmask";
import { type Packed, packMask, packRows, type Received } from "../src/bytes";
import { createLink } from "../src/link";
import type { Ask, Questions } from "../src/protocol.gen";
import { fakeModel } from "./fakeModel";

const folder = join(import.meta.dirname, "../../tests/protocol/golden");

interface Frame {
  from: "kernel" | "browser";
  message: Record<string, { buffers?: { name: string; dtype: string; shape: number[] }[] }> & Record<string, unknown>;
  buffers: string[];
  reads: Record<string, (number | null)[]>;
}

const frames = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => {
    const frame = JSON.parse(readFileSync(join(folder, file), "utf8")) as Frame;
    const bytes = frame.buffers.map((name) => new Uint8Array(readFileSync(join(folder, name))));
    return { name: file.replace(".json", ""), frame, bytes };
  });

/** A link whose client and next question are those of the frames. */
function linked() {
  const model = fakeModel();
  const send = model.send;
  const sent: { ask: Ask; buffers: ArrayBufferView[] }[] = [];
  model.send = (content, callbacks, buffers = []) => {
    sent.push({ ask: content as Ask, buffers });
    if (content === null) send(content, callbacks, buffers);
  };
  return { model, link: createLink(model), sent };
}

function read(received: Received): (number | null)[] {
  if (received.dtype === "bits") {
    return Array.from(rowsOf(maskFromBits(received.shape[0] as number, received.data as Uint8Array)));
  }
  return Array.from(received.data, (value) => (Number.isNaN(value) ? null : value));
}

/** Values as float32 holds them. */
const rounded = (values: (number | null)[], dtype: string | undefined) =>
  values.map((value) => (value === null || dtype !== "f32" ? value : Math.fround(value)));

test("there are frames of both sides", () => {
  expect(new Set(frames.map(({ frame }) => frame.from))).toEqual(new Set(["kernel", "browser"]));
});

describe("frames of the kernel", () => {
  for (const { name, frame, bytes } of frames.filter(({ frame }) => frame.from === "kernel")) {
    test(`${name} is read`, async () => {
      const { model, link, sent } = linked();
      const arrays = await new Promise<Map<string, Received>>((resolve, reject) => {
        link.on("selection", (_, arrays) => resolve(arrays));
        link.ask("details", { row: 0 }).then(({ arrays }) => resolve(arrays), reject);
        const mine = sent[0]?.ask as Ask;
        const message =
          "event" in frame.message ? frame.message : { ...frame.message, client: mine.client, id: mine.id };
        model.trigger("msg:custom", message, bytes);
      }).catch((error: Error) => error);
      link.close();
      const error = frame.message.error as { kind: string; message: string } | undefined;
      if (error !== undefined) {
        expect(arrays).toMatchObject({ kind: error.kind, message: error.message });
        return;
      }
      const found = Object.fromEntries(
        [...(arrays as Map<string, Received>)].map(([key, received]) => [key, read(received)]),
      );
      const listed = (frame.message.answer ?? frame.message.params)?.buffers ?? [];
      const expected = Object.fromEntries(
        listed.map(({ name, dtype }) => [name, rounded(frame.reads[name] as number[], dtype)]),
      );
      expect(found).toEqual(expected);
    });
  }
});

describe("frames of the browser", () => {
  for (const { name, frame, bytes } of frames.filter(({ frame }) => frame.from === "browser")) {
    test(`${name} is written`, () => {
      const { link, sent } = linked();
      const { ask, params } = frame.message as unknown as Ask;
      const { buffers: listed = [], ...plain } = params as Frame["message"]["x"] & Record<string, unknown>;
      const buffers = listed.map(({ name, dtype, shape }): Packed => {
        const values = frame.reads[name] as number[];
        return dtype === "bits"
          ? packMask(name, maskOf(shape[0] as number, values))
          : packRows(name, Uint32Array.from(values));
      });
      link.ask(ask as keyof Questions, plain as never, { buffers }).catch(() => {});
      const { client, id } = frame.message;
      expect({ ...sent[0]?.ask, client, id }).toEqual(frame.message);
      expect(sent[0]?.buffers.map((view) => new Uint8Array(view.buffer))).toEqual(bytes);
      link.close();
    });
  }
});
