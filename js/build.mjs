// Builds src/pointillist/static/widget.js and widget.css; `--watch` builds again when a source changes.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const out = fileURLToPath(new URL("../src/pointillist/static/", import.meta.url));

const printSizes = {
  name: "print-sizes",
  setup(build) {
    build.onEnd((result) => {
      if (result.errors.length > 0) return;
      for (const name of ["widget.js", "widget.css"]) {
        const bytes = readFileSync(out + name);
        const kB = (size) => `${(size / 1000).toFixed(1)} kB`;
        console.log(`${name.padEnd(10)} ${kB(bytes.length).padStart(9)}, ${kB(gzipSync(bytes).length)} gzip`);
      }
    });
  },
};

const options = {
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: { widget: "src/widget.ts" },
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".svg": "text" },
  legalComments: "inline",
  logLevel: "warning",
  plugins: [printSizes],
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
  console.log("watching js/src");
} else {
  await esbuild.build(options);
}
