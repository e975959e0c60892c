import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
/** A DOM test may name files relative to the project, others by absolute path. */
const onDisk = (file: string): string => (existsSync(file) ? file : path.join(root, file));

export default defineConfig({
  plugins: [
    {
      // As in esbuild: CSS that TypeScript imports becomes text.
      name: "css-as-text",
      enforce: "pre",
      resolveId: (id, importer) =>
        id.endsWith(".css") && importer ? `${path.resolve(path.dirname(onDisk(importer)), id)}.text` : null,
      load: (id) =>
        id.endsWith(".css.text")
          ? `export default ${JSON.stringify(readFileSync(onDisk(id.slice(0, -".text".length)), "utf8"))}`
          : null,
    },
  ],
  define: { __DESK__: "true" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/waiting.setup.ts"],
    testTimeout: 10_000,
    pool: "threads",
    maxWorkers: 2,
  },
});
