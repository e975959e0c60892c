// Build the packages of clients/js into their dist/: modules by esbuild, types by tsc. npm calls it before it packs.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { mqttInUse } from "./sparing.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const source = (file) => path.join(here, "src", file);
const PACKAGES = { client: ["client"], widget: ["widget", "react", "vue"] };

/** Return a declaration file and all that it imports, by path below src. */
function reachable(types, entries) {
  const found = new Map();
  const visit = (file) => {
    if (found.has(file)) return;
    const text = readFileSync(path.join(types, file), "utf8");
    found.set(file, text.replaceAll(/(from "\.[^"]*|import\("\.[^"]*)\.tsx?"/g, '$1.js"'));
    for (const [, name] of text.matchAll(/(?:from |import\()"(\.[^"]*)\.tsx?"/g))
      visit(path.join(path.dirname(file), `${name}.d.ts`));
  };
  for (const entry of entries) visit(`packages/${entry}.d.ts`);
  return found;
}

const types = mkdtempSync(path.join(here, "node_modules", ".types-"));
try {
  const tsc = path.join(here, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", path.join(here, "tsconfig.packages.json"), "--outDir", types], {
    stdio: "inherit",
  });
  for (const [name, entries] of Object.entries(PACKAGES)) {
    const dist = path.join(here, "../../clients/js", name, "dist");
    rmSync(dist, { recursive: true, force: true });
    await build({
      entryPoints: entries.map((entry) => source(`packages/${entry}.ts`)),
      outdir: dist,
      bundle: true,
      splitting: true,
      format: "esm",
      target: ["es2022"],
      minifySyntax: true,
      legalComments: "none",
      logLevel: "warning",
      external: ["react", "vue"],
      plugins: [mqttInUse],
      alias: { "@preact/signals": source("widget/signals.ts") },
      define: { __DESK__: "false" },
    });
    for (const [file, text] of reachable(types, entries)) {
      const target = path.join(dist, "types", file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
  }
} finally {
  rmSync(types, { recursive: true });
}
