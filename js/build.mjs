// Builds src/pointillist/static/: widget.js, widget.css, and the licences of what is bundled with them.
// `--watch` builds again when a source changes.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { workerAsText } from "./worker_text.mjs";

const out = fileURLToPath(new URL("../src/pointillist/static/", import.meta.url));

/** What esbuild has minified, smaller by 4 kB gzipped. */
async function shrunk(code) {
  const { code: smaller } = await minify(code, {
    module: true,
    compress: { passes: 3, ecma: 2020 },
    format: { comments: /@license|@preserve|^!/ },
  });
  return smaller;
}

const shrink = {
  name: "shrink",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length > 0) return;
      const path = `${out}widget.js`;
      writeFileSync(path, await shrunk(readFileSync(path, "utf8")));
    });
  },
};

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

/** Every bundled package asks for its notice to be kept. */
const keepLicenses = {
  name: "keep-licenses",
  setup(build) {
    build.onEnd((result) => {
      if (result.errors.length > 0) return;
      const inputs = Object.keys(result.metafile.inputs).map(
        (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1],
      );
      const packages = [...new Set(inputs.filter((name) => name !== undefined))].sort();
      const notices = packages.map((name) => {
        const folder = new URL(`node_modules/${name}/`, import.meta.url);
        const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
        return `${name} ${version} (${license})\n\n${readFileSync(new URL("LICENSE", folder), "utf8").trim()}\n`;
      });
      writeFileSync(`${out}widget.licenses.txt`, notices.join(`\n${"-".repeat(80)}\n\n`));
    });
  },
};

/** Icons without what a page does not need of them; their licence is with the others. */
const leanIcons = {
  name: "lean-icons",
  setup(build) {
    build.onLoad({ filter: /\.svg$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const lean = text
        .replace(/<!--.*?-->/gs, "")
        .replace(/ *\n\s*/g, " ")
        .replace(/ (?:class|xmlns)="[^"]*"/g, "");
      return { contents: lean.replace(/ ?(\/?>) ?/g, "$1").trim(), loader: "text" };
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
  legalComments: "inline",
  logLevel: "warning",
  metafile: true,
  plugins: [workerAsText, leanIcons, keepLicenses],
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, plugins: [...options.plugins, printSizes] });
  await context.watch();
  console.log("watching js/src");
} else {
  await esbuild.build({ ...options, plugins: [...options.plugins, shrink, printSizes] });
}
