// Bundles the drawing worker and puts its code, as text, in the place of src/scatter/worker_text.ts.
// `node worker_text.mjs entry.ts out.js` bundles a page of the browser tests this way.

import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

export const workerAsText = {
  name: "worker-as-text",
  setup(build) {
    build.onLoad({ filter: /scatter\/worker_text\.ts$/ }, async () => {
      const entry = fileURLToPath(new URL("src/scatter/worker.ts", import.meta.url));
      const result = await esbuild.build({
        entryPoints: [entry],
        bundle: true,
        format: "iife",
        target: "es2022",
        minify: true,
        write: false,
        metafile: true,
        logLevel: "warning",
      });
      return {
        contents: `export const workerText = ${JSON.stringify(result.outputFiles[0].text)};`,
        watchFiles: Object.keys(result.metafile.inputs).map((path) => fileURLToPath(new URL(path, import.meta.url))),
      };
    });
  },
};

const [, script, entry, outfile] = process.argv;
if (script === fileURLToPath(import.meta.url) && entry !== undefined) {
  await esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "iife",
    loader: { ".svg": "text" },
    jsx: "automatic",
    jsxImportSource: "preact",
    nodePaths: [fileURLToPath(new URL("node_modules", import.meta.url))],
    logLevel: "error",
    plugins: [workerAsText],
  });
}
