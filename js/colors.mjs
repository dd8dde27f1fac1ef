// Writes the colours of src/palette.ts to where the kernel draws its pictures from. Run it when the palette changes:
// a test compares the two.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const built = await esbuild.build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["src/palette.ts"],
  bundle: true,
  format: "esm",
  write: false,
});
const source = Buffer.from(built.outputFiles[0].contents).toString("base64");
const { coloursForKernel } = await import(`data:text/javascript;base64,${source}`);
const out = fileURLToPath(new URL("../src/pointillist/explorer/colors.json", import.meta.url));
writeFileSync(out, `${JSON.stringify(coloursForKernel())}\n`);
