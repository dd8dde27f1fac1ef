/** How many rows each category of a column has. */

import type { CategoryColumn } from "../../store";

/** Of each category the number of its rows, in the order of `categories`. */
export function sizesOf({ codes, categories }: CategoryColumn): Uint32Array {
  const sizes = new Uint32Array(categories.length + 1);
  for (let row = 0; row < codes.length; row++) (sizes[codes[row] as number] as number)++;
  return sizes.subarray(1);
}
