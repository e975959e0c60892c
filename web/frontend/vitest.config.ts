import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    {
      // esbuild hands CSS that TypeScript imports over as text; so do the tests.
      name: "css-as-text",
      enforce: "pre",
      resolveId: (id, importer) =>
        id.endsWith(".css") && importer ? `${new URL(id, `file://${importer}`).pathname}.text` : null,
      load: (id) =>
        id.endsWith(".css.text")
          ? `export default ${JSON.stringify(readFileSync(id.slice(0, -".text".length), "utf8"))}`
          : null,
    },
  ],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["src/**/*.test.{ts,tsx}"], testTimeout: 10_000, pool: "threads", maxWorkers: 2 },
});
