// @vitest-environment node

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { coloursForKernel } from "../src/palette";

test("the kernel draws with the colours of the map; when not: npm run colors", () => {
  const kernel = readFileSync(new URL("../../src/pointillist/explorer/colors.json", import.meta.url), "utf8");
  expect(JSON.parse(kernel)).toEqual(coloursForKernel());
});
