// Build the gallery (every state of every view, with invented people) into the given folder. Not part of the product.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.resolve(process.argv[2] ?? "gallery");
const source = (file) => path.join(here, "src", file);
// As in build.mjs: CSS that TypeScript imports becomes a string.
const cssText = {
  name: "css-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, ({ path: file, with: { type } }) =>
      type === "css" ? undefined : { contents: readFileSync(file, "utf8"), loader: "text" },
    );
  },
};

mkdirSync(outdir, { recursive: true });
await build({
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "text" },
  plugins: [cssText],
  define: { "process.env.NODE_ENV": '"production"', __DESK__: "true" },
  entryPoints: [source("gallery/main.tsx")],
  outdir,
  absWorkingDir: here,
  logLevel: "warning",
});
await build({
  bundle: true,
  entryPoints: [source("ui/pages.css"), source("board/board.css")],
  outdir,
  entryNames: "[dir]-[name]",
  outbase: source("."),
  logLevel: "warning",
});
writeFileSync(
  path.join(outdir, "index.html"),
  `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Gallery · Wattline</title>
  <link rel="stylesheet" href="ui-pages.css">
  <link rel="stylesheet" href="board-board.css">
  <script type="module" src="main.js"></script>
</head>
<body class="wl-page wl-board-page"><div id="board"></div></body>
</html>
`,
);
