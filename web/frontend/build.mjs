// Builds the front end into web/static/dist: hashed names, manifest.json, .br and .gz beside each file.
// Fails when the widget is over its budget (design: launcher 8 KB, whole panel 40 KB, brotli).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.resolve(here, process.env.WATTLINE_DIST ?? "../static/dist");
const LAUNCHER_BUDGET_BYTES = 8 * 1024;
const PANEL_BUDGET_BYTES = 40 * 1024;
const source = (file) => path.join(here, "src", file);

const common = {
  bundle: true,
  minify: true,
  target: ["es2022"],
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "text" },
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
  metafile: true,
  write: false,
  outdir,
  absWorkingDir: here,
};
// CSS that TypeScript imports becomes a string in the bundle, minified by esbuild's own CSS side.
const cssText = {
  name: "css-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const result = await build({
        entryPoints: [file],
        bundle: true,
        minify: true,
        write: false,
        logLevel: "warning",
      });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

const manifest = {};
const sizes = {};
const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });

function emit(name, bytes) {
  const compressed = brotli(bytes);
  writeFileSync(path.join(outdir, name), bytes);
  writeFileSync(path.join(outdir, `${name}.br`), compressed);
  writeFileSync(path.join(outdir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  sizes[name] = compressed.length;
  return compressed.length;
}

/** Bundles one script whole, under its key of the manifest. */
async function script(key, file, options) {
  const result = await build({ ...common, plugins: [cssText], entryPoints: [source(file)], ...options });
  const bytes = result.outputFiles[0].contents;
  const name = `${key}-${createHash("sha256").update(bytes).digest("hex").slice(0, 10)}.js`;
  manifest[key] = name;
  return emit(name, bytes);
}

/** Bundles pages that share chunks; a dynamic import becomes a chunk of its own. */
async function pages(entries) {
  const present = Object.entries(entries).filter(([, file]) => existsSync(source(file)));
  if (present.length === 0) return;
  const result = await build({
    ...common,
    plugins: [cssText],
    format: "esm",
    splitting: true,
    entryPoints: Object.fromEntries(present.map(([key, file]) => [key, source(file)])),
    // Chunks lie side by side, so the worker's name is enough.
    define: { ...common.define, __TIMERS__: JSON.stringify(manifest.timers) },
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
  });
  for (const output of result.outputFiles) emit(path.basename(output.path), output.contents);
  for (const [file, meta] of Object.entries(result.metafile.outputs)) {
    if (!meta.entryPoint) continue;
    const entry = path.join(here, meta.entryPoint);
    const key =
      present.find(([, wanted]) => source(wanted) === entry)?.[0] ?? path.basename(entry).replace(/\.[^.]+$/, "");
    manifest[key] = path.basename(file);
  }
}

async function styles(entries) {
  for (const [key, file] of Object.entries(entries)) {
    if (!existsSync(source(file))) continue;
    const result = await build({
      entryPoints: [source(file)],
      bundle: true,
      minify: true,
      write: false,
      logLevel: "warning",
    });
    const bytes = result.outputFiles[0].contents;
    const name = `${key.replace(/_css$/, "")}-${createHash("sha256").update(bytes).digest("hex").slice(0, 10)}.css`;
    manifest[key] = name;
    emit(name, bytes);
  }
}

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const panel = await script("panel", "widget/panel.tsx", { format: "esm" });
const launcher = await script("widget", "widget/launcher.ts", {
  format: "iife",
  define: { ...common.define, __PANEL__: JSON.stringify(`assets/${manifest.panel}`) },
});
await script("timers", "link/timers.worker.ts", { format: "iife" });
await pages({ board: "board/main.tsx", portal: "portal/main.tsx" });
await styles({ pages_css: "ui/pages.css", board_css: "board/board.css", portal_css: "portal/portal.css" });
writeFileSync(path.join(outdir, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

const kib = (bytes) => `${(bytes / 1024).toFixed(2)} KiB`;
for (const [name, bytes] of Object.entries(sizes).sort())
  console.log(`${name.padEnd(34)} ${kib(bytes).padStart(10)} brotli`);
console.log(
  `launcher ${kib(launcher)} of ${kib(LAUNCHER_BUDGET_BYTES)}, launcher and panel ${kib(launcher + panel)} of ${kib(PANEL_BUDGET_BYTES)}`,
);
if (launcher > LAUNCHER_BUDGET_BYTES || launcher + panel > PANEL_BUDGET_BYTES) {
  console.error("the widget is over its budget");
  process.exit(1);
}
if (!readFileSync(path.join(outdir, manifest.widget), "utf8").includes(manifest.panel)) {
  console.error("the launcher does not know its panel");
  process.exit(1);
}
