// Builds the front end into web/static/dist: hashed names, manifest.json, .br and .gz beside each file.
// Fails when something is over its budget: launcher 8 kB, launcher and whole panel 40 kB, charts 30 kB more, board 120 kB,
// in brotli; a kB is 1,000 bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { mqttInUse, preactInUse } from "./sparing.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.resolve(here, process.env.WATTLINE_DIST ?? "../static/dist");
const LAUNCHER_BUDGET_BYTES = 8_000;
const BOARD_BUDGET_BYTES = 120_000;
const PANEL_BUDGET_BYTES = 40_000;
const CHARTS_BUDGET_BYTES = 30_000;
const source = (file) => path.join(here, "src", file);
/** A language is a file of texts. */
const LANGS = readdirSync(source("ui/messages")).flatMap((file) => /^([a-z]{2})\.ts$/.exec(file)?.[1] ?? []);

const common = {
  bundle: true,
  minify: true,
  target: ["es2022"],
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "text" },
  define: { "process.env.NODE_ENV": '"production"', __DESK__: "true" },
  logLevel: "warning",
  metafile: true,
  write: false,
  outdir,
  absWorkingDir: here,
};
const rolesIn = (files, form) => [
  ...new Set(files.flatMap((file) => [...readFileSync(source(file), "utf8").matchAll(form)].map(([, role]) => role))),
];
const ROLES = rolesIn(["ui/tokens.css"], /--wl-([a-z0-9-]+):/g);
/** What scripts read from where they draw. */
const DRAWN = rolesIn(
  readdirSync(source("ui"))
    .filter((file) => /^[a-z-]+\.tsx?$/.test(file))
    .map((file) => `ui/${file}`),
  /"--wl-([a-z0-9-]+)"/g,
);
/** What the button is drawn with; the panel brings the rest of its own, so that a page does not pay for it unasked. */
const BUTTON = rolesIn(["widget/launcher.css"], /var\(--wl-([a-z0-9-]+)/g);
const CHAT = [...DRAWN, ...rolesIn(["ui/chat.css", "widget/panel.css"], /var\(--wl-([a-z0-9-]+)/g)].filter(
  (role) => !BUTTON.includes(role),
);
const inside = (role) => `--w${ROLES.indexOf(role).toString(36)}`;
/** In the widget's shadow root a role has a short name of its own. */
const shortened = (css) =>
  css.replaceAll(/--wl-([a-z0-9-]+)/g, (whole, role) => (ROLES.includes(role) ? inside(role) : whole));
/** :host takes each of these roles from the page, from wherever the page sets it, or by default. */
function crossing(tokens, roles) {
  const onHost = tokens
    .replaceAll(/--wl-([a-z0-9-]+):([^;}]+);?/g, (_, role, value) =>
      roles.includes(role) ? `${inside(role)}:var(--wl-${role},${shortened(value.trim())});` : "",
    )
    // A shadow root has no :root, and the theme is chosen on the host.
    .replaceAll(
      /[^{}@]+(?=\{)/g,
      (names) =>
        names
          .split(",")
          .filter((name) => name.startsWith(":host"))
          .join() || names,
    );
  const empty = /(?:@media\([^{}]*\)|[^{};@]+)\{\}/g;
  const drawn = DRAWN.filter((role) => roles.includes(role)).map((role) => `--wl-${role}:var(${inside(role)});`);
  return onHost.replaceAll(empty, "").replaceAll(empty, "") + (drawn.length > 0 ? `.wl-root{${drawn.join("")}}` : "");
}

// CSS that TypeScript imports becomes a string in the bundle, minified by esbuild's own CSS side.
const cssText = (roles = ROLES) => ({
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
      const { text } = result.outputFiles[0];
      return { contents: file.endsWith("tokens.css") ? crossing(text, roles) : shortened(text), loader: "text" };
    });
  },
});

/** One language's widget: the other's words are not in it. */
const speaking = (lang) => ({
  name: "speaking",
  setup(bundler) {
    bundler.onResolve({ filter: /\/messages\/[a-z]{2}\.ts$/ }, ({ path: wanted, resolveDir }) => ({
      path: path.resolve(resolveDir, wanted.replace(/[a-z]{2}\.ts$/, `${lang}.ts`)),
    }));
  },
});
/** What draws consumption lies beside the panel, and comes when the first card is seen. */
const cardsApart = {
  name: "cards-apart",
  setup(bundler) {
    bundler.onResolve({ filter: /\/cards\.tsx$/ }, () => ({ path: `./${manifest.cards}`, external: true }));
  },
};

const manifest = {};
const sizes = {};
/** Which of these makes a file smallest is chance; all are brotli of the highest quality. */
const ENCODINGS = [
  {},
  { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_FONT },
  { [constants.BROTLI_PARAM_LGBLOCK]: 16 },
  ...[
    [0, 1],
    [0, 15],
    [1, 4],
    [1, 8],
    [2, 8],
  ].map(([postfix, direct]) => ({
    [constants.BROTLI_PARAM_NPOSTFIX]: postfix,
    [constants.BROTLI_PARAM_NDIRECT]: direct,
  })),
];
const brotli = (bytes) =>
  ENCODINGS.map((encoding) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        ...encoding,
      },
    }),
  ).reduce((smallest, each) => (each.length < smallest.length ? each : smallest));

function emit(name, bytes) {
  const compressed = brotli(bytes);
  writeFileSync(path.join(outdir, name), bytes);
  writeFileSync(path.join(outdir, `${name}.br`), compressed);
  writeFileSync(path.join(outdir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  sizes[name] = compressed.length;
  return compressed.length;
}

/** All of it runs at once: Chromium then compiles it while it comes, beside the page's thread and not on it. */
const EAGER = "//# allFunctionsCalledOnLoad\n";

/** Bundles one script whole, under its key of the manifest; a second minifier finds another thirtieth. */
async function script(key, file, { plugins = [], roles, first = "", ...options }) {
  const result = await build({
    ...common,
    plugins: [cssText(roles), ...plugins],
    entryPoints: [source(file)],
    ...options,
  });
  const module = options.format === "esm";
  const { code } = await minify(result.outputFiles[0].text, {
    module,
    ecma: 2022,
    compress: {
      passes: 4,
      keep_fargs: false,
      pure_getters: true,
      unsafe: module,
      unsafe_arrows: module,
      unsafe_methods: module,
    },
  });
  const bytes = Buffer.from(first + code);
  const name = `${key}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.js`;
  manifest[key] = name;
  return emit(name, bytes);
}

/** Bundles pages that share chunks; a dynamic import becomes a chunk of its own. All of it counts. */
async function pages(entries) {
  const result = await build({
    ...common,
    plugins: [cssText()],
    format: "esm",
    splitting: true,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([key, file]) => [key, source(file)])),
    // Chunks lie side by side, so the worker's name is enough.
    define: { ...common.define, __TIMERS__: JSON.stringify(manifest.timers) },
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
  });
  let total = 0;
  for (const output of result.outputFiles) total += emit(path.basename(output.path), output.contents);
  for (const [file, meta] of Object.entries(result.metafile.outputs)) {
    if (!meta.entryPoint) continue;
    const entry = path.join(here, meta.entryPoint);
    const key =
      Object.entries(entries).find(([, wanted]) => source(wanted) === entry)?.[0] ??
      path.basename(entry).replace(/\.[^.]+$/, "");
    manifest[key] = path.basename(file);
  }
  return total;
}

async function styles(entries) {
  for (const [key, file] of Object.entries(entries)) {
    const result = await build({
      entryPoints: [source(file)],
      bundle: true,
      minify: true,
      write: false,
      logLevel: "warning",
    });
    const bytes = result.outputFiles[0].contents;
    const name = `${key.replace(/_css$/, "")}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.css`;
    manifest[key] = name;
    emit(name, bytes);
  }
}

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await script("timers", "link/timers.worker.ts", { format: "iife" });
// Apart: what they share would be a chunk that a page asks for only when its own script has come.
const board = await pages({ board: "board/main.tsx" });
await pages({ portal: "portal/main.tsx" });
const cards = await script("cards", "widget/cards.tsx", { format: "esm" });
const panels = [];
for (const lang of LANGS)
  panels.push(
    await script(`panel-${lang}`, "widget/panel.tsx", {
      format: "esm",
      plugins: [speaking(lang), cardsApart, mqttInUse, preactInUse],
      roles: CHAT,
      define: { ...common.define, __DESK__: "false" },
      alias: { "@preact/signals": source("widget/signals.ts") },
      // Shorter in total: elements made by h.
      jsx: "transform",
      jsxFactory: "h",
      jsxFragment: "Fragment",
      inject: [source("widget/h.ts")],
      tsconfigRaw: "{}",
    }),
  );
const panel = Math.max(...panels);
const addresses = Object.fromEntries(LANGS.map((lang) => [lang, `assets/${manifest[`panel-${lang}`]}`]));
const launcher = await script("widget", "widget/launcher.ts", {
  format: "iife",
  roles: BUTTON,
  first: EAGER,
  define: { ...common.define, __PANELS__: JSON.stringify(addresses) },
});
await styles({ pages_css: "ui/pages.css", board_css: "board/board.css" });
writeFileSync(path.join(outdir, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;
for (const [name, bytes] of Object.entries(sizes).sort())
  console.log(`${name.padEnd(34)} ${kilobytes(bytes).padStart(10)} brotli`);
const budgets = [
  ["launcher", launcher, LAUNCHER_BUDGET_BYTES],
  ["launcher and whole panel", launcher + panel, PANEL_BUDGET_BYTES],
  ["charts", cards, CHARTS_BUDGET_BYTES],
  ["board with all that it may load", board, BOARD_BUDGET_BYTES],
];
for (const [what, bytes, most] of budgets) console.log(`${what}: ${bytes} bytes of ${most}`);
const over = budgets.filter(([, bytes, most]) => bytes > most).map(([what]) => what);
if (over.length > 0) {
  console.error(`over its budget: ${over.join(", ")}`);
  process.exit(1);
}
const embedded = readFileSync(path.join(outdir, manifest.widget), "utf8");
if (!LANGS.every((lang) => embedded.includes(manifest[`panel-${lang}`]))) {
  console.error("the launcher does not know its panels");
  process.exit(1);
}
