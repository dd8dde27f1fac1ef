import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

/** The bundle imports icons as text; so do the tests. */
const svgAsText: Plugin = {
  name: "svg-as-text",
  enforce: "pre",
  load(id) {
    return id.endsWith(".svg") ? `export default ${JSON.stringify(readFileSync(id, "utf8"))}` : null;
  },
};

export default defineConfig({
  plugins: [svgAsText],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
});
