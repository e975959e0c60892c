import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
/** A DOM test names files from the project's root at times, others name them from the disk's. */
const onDisk = (file: string): string => (existsSync(file) ? file : path.join(root, file));

export default defineConfig({
  plugins: [
    {
      // esbuild hands CSS that TypeScript imports over as text; so do the tests.
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
  test: { include: ["src/**/*.test.{ts,tsx}"], testTimeout: 10_000, pool: "threads", maxWorkers: 2 },
});
