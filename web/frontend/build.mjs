// Build the front end into web/static/dist: hashed names, manifest.json, and .br and .gz beside each file. Fail when a
// file is over its budget in brotli: launcher 8 kB, launcher and panel 40 kB, the board's first load 75 kB, each
// chunk that loads later 30 kB (1 kB is 1,000 bytes).
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
const BOARD_BUDGET_BYTES = 75_000;
const PANEL_BUDGET_BYTES = 40_000;
const LATER_BUDGET_BYTES = 30_000;
const source = (file) => path.join(here, "src", file);
/** Each language has a file of texts. */
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
/**
 * Roles of the launcher's button. The panel brings the other ones, so that a page without an open chat does not pay for
 * them.
 */
const USED = /var\(--wl-([a-z0-9-]+)/g;
const BUTTON = withTheirs(rolesIn(["widget/launcher.css"], USED));
const CHAT = withTheirs(rolesIn(["ui/chat.css", "widget/panel.css"], USED)).filter((role) => !BUTTON.includes(role));
/** Roles of what loads later. */
const LATER = withTheirs(rolesIn(["ui/chart.css", "ui/message-parts.css", "widget/later.css"], USED)).filter(
  (role) => !BUTTON.includes(role) && !CHAT.includes(role),
);
/** Add the roles that these are mixed from. */
function withTheirs(roles) {
  const tokens = readFileSync(source("ui/tokens.css"), "utf8");
  const mixed = [...tokens.matchAll(/--wl-([a-z0-9-]+):([^;]+);/g)].filter(([, role]) => roles.includes(role));
  const theirs = mixed.flatMap(([, , value]) => [...value.matchAll(USED)].map(([, role]) => role));
  return [...new Set([...roles, ...theirs])];
}
const inside = (role) => `--w${ROLES.indexOf(role).toString(36)}`;
/** Shorten the roles' names inside the widget's shadow root. */
const shortened = (css) =>
  css.replaceAll(/--wl-([a-z0-9-]+)/g, (whole, role) => (ROLES.includes(role) ? inside(role) : whole));
/** Let :host take each role from the page, wherever the page sets it, or use the default. */
function crossing(tokens, roles) {
  const onHost = tokens
    .replaceAll(/--wl-([a-z0-9-]+):([^;}]+);?/g, (_, role, value) =>
      roles.includes(role) ? `${inside(role)}:var(--wl-${role},${shortened(value.trim())});` : "",
    )
    // A shadow root has no :root; the theme is chosen on the host.
    .replaceAll(
      /[^{}@]+(?=\{)/g,
      (names) =>
        names
          .split(",")
          .filter((name) => name.startsWith(":host"))
          .join() || names,
    );
  const empty = /(?:@media\([^{}]*\)|[^{};@]+)\{\}/g;
  return onHost.replaceAll(empty, "").replaceAll(empty, "");
}

async function minifiedCss(file) {
  const options = { bundle: true, minify: true, write: false, logLevel: "warning" };
  const result = await build({ entryPoints: [file], ...options });
  return result.outputFiles[0];
}
// CSS that TypeScript imports becomes a string, minified by esbuild.
const cssText = (roles = ROLES) => ({
  name: "css-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const { text } = await minifiedCss(file);
      return { contents: file.endsWith("tokens.css") ? crossing(text, roles) : shortened(text), loader: "text" };
    });
  },
});

const TEXTS = /\/messages\/(?:board\.|pages\.|settings\.)?[a-z]{2}\.ts$/;
const TEXTS_AND_NOTICES = /\/messages\/(?:board\.|pages\.|settings\.|outage\.)?[a-z]{2}\.ts$/;
/** Put only one language's texts into a bundle. The board previews an outage's notice in each. */
const speaking = (lang, filter = TEXTS) => ({
  name: "speaking",
  setup(bundler) {
    bundler.onResolve({ filter }, ({ path: wanted, resolveDir }) => ({
      path: path.resolve(resolveDir, wanted.replace(/[a-z]{2}\.ts$/, `${lang}.ts`)),
    }));
  },
});
/**
 * Keep the first load in one chunk: esbuild makes a chunk of each set of parts that share a module, and each
 * chunk is a request. So every part that loads later names the file that draws the page.
 */
const together = (drawing) => {
  const later = new Set();
  return {
    name: "together",
    setup(bundler) {
      bundler.onResolve({ filter: /^\./ }, ({ kind, path: wanted, resolveDir }) => {
        if (kind === "dynamic-import") later.add(path.resolve(resolveDir, wanted));
      });
      bundler.onLoad({ filter: /\.tsx?$/ }, ({ path: file }) =>
        later.has(file)
          ? {
              contents: `import ${JSON.stringify(drawing)};\n${readFileSync(file, "utf8")}`,
              loader: file.endsWith("x") ? "tsx" : "ts",
            }
          : undefined,
      );
    },
  };
};
/** Keep apart what is not needed at first: cards, days, rating, the list behind "More", uploads; and agents' photos. */
const laterApart = (lang) => ({
  name: "later-apart",
  setup(bundler) {
    bundler.onResolve({ filter: /\/(?:later\.tsx|send-file\.ts)$/ }, () => ({
      path: `./${manifest[`later-${lang}`]}`,
      external: true,
      sideEffects: false,
    }));
    bundler.onResolve({ filter: /^\.\/faces\.ts$/ }, () => ({ path: `./${manifest.faces}`, external: true }));
  },
});

const manifest = {};
const sizes = {};
/**
 * Encodings for what every visitor's first click waits for: which one is smallest depends on the file, and trying all takes
 * eight times as long. All are brotli of the highest quality.
 */
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
const brotli = (bytes, encodings) =>
  encodings
    .map((encoding) =>
      brotliCompressSync(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
          ...encoding,
        },
      }),
    )
    .reduce((smallest, each) => (each.length < smallest.length ? each : smallest));

const hashed = (key, bytes, ext) => `${key}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.${ext}`;

function emit(name, bytes, encodings = [{}]) {
  if (name in sizes) return sizes[name]; // a chunk that several languages share
  const compressed = brotli(bytes, encodings);
  writeFileSync(path.join(outdir, name), bytes);
  writeFileSync(path.join(outdir, `${name}.br`), compressed);
  writeFileSync(path.join(outdir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  sizes[name] = compressed.length;
  return compressed.length;
}

/** Every function runs at once, so Chromium compiles while it loads, off the page's thread. */
const EAGER = "//# allFunctionsCalledOnLoad\n";

/** Bundle one script under its key of the manifest. A second minifier saves another 3 %. */
async function script(key, file, { plugins = [], roles, first = "", encodings, ...options }) {
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
  manifest[key] = hashed(key, bytes, "js");
  return emit(manifest[key], bytes, encodings);
}

/** An entry that only imports what it shares with the parts that load later: the page starts with that chunk. */
const ONLY_IMPORTS = /^import"\.\/([^"]+)";\s*$/;

/**
 * Bundle a page under its key; a dynamic import becomes a chunk. Return the size in bytes of the page's one script, and the
 * largest other chunk's. Fail when the page cannot start with one script: each further one is a request before the page.
 */
async function page(key, file, plugins = []) {
  const result = await build({
    ...common,
    plugins: [cssText(), ...plugins],
    format: "esm",
    splitting: true,
    entryPoints: { [key]: source(file) },
    // Chunks are in one folder, so the worker's name is enough.
    define: { ...common.define, __TIMERS__: JSON.stringify(manifest.timers) },
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
  });
  const files = new Map(result.outputFiles.map((output) => [path.basename(output.path), output]));
  const entry = [...files.keys()].find((name) => name.startsWith(`${key}-`));
  const shared = ONLY_IMPORTS.exec(files.get(entry).text)?.[1];
  if (shared) files.delete(entry);
  manifest[key] = shared ?? entry;
  const { imports } = result.metafile.outputs[path.join(path.relative(here, outdir), manifest[key])];
  if (imports.some(({ kind }) => kind === "import-statement")) {
    console.error(`${key} needs more than one script before it starts: see "together"`);
    process.exit(1);
  }
  const sizeOf = ([name, { contents }]) => [name, emit(name, contents)];
  const { [manifest[key]]: first, ...later } = Object.fromEntries([...files].map(sizeOf));
  return { first, later: Math.max(0, ...Object.values(later)) };
}

async function styles(entries) {
  for (const [key, file] of Object.entries(entries)) {
    const bytes = (await minifiedCss(source(file))).contents;
    manifest[key] = hashed(key.replace(/_css$/, ""), bytes, "css");
    emit(manifest[key], bytes);
  }
}

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await script("timers", "link/timers.worker.ts", { format: "iife" });
await script("password", "portal/password.ts", { format: "iife" });
await script("worker", "worker/worker.ts", { format: "iife" });
const boards = [];
for (const lang of LANGS)
  boards.push(await page(`board-${lang}`, "board/main.tsx", [speaking(lang), together(source("board/main.tsx"))]));
await page("portal", "portal/main.tsx");
const laters = [];
for (const lang of LANGS)
  laters.push(
    await script(`later-${lang}`, "widget/later.tsx", {
      format: "esm",
      plugins: [speaking(lang, TEXTS_AND_NOTICES)],
      roles: LATER,
      define: { ...common.define, __DESK__: "false" },
    }),
  );
const later = Math.max(...laters);
await script("faces", "widget/faces.ts", { format: "esm", define: { ...common.define, __DESK__: "false" } });
const panels = [];
for (const lang of LANGS)
  panels.push(
    await script(`panel-${lang}`, "widget/panel.tsx", {
      format: "esm",
      plugins: [speaking(lang), laterApart(lang), mqttInUse, preactInUse],
      roles: CHAT,
      encodings: ENCODINGS,
      define: { ...common.define, __DESK__: "false" },
      alias: { "@preact/signals": source("widget/signals.ts") },
      // Calls of h are shorter in total than the automatic runtime's.
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
  encodings: ENCODINGS,
  define: { ...common.define, __PANELS__: JSON.stringify(addresses) },
});
await script("webview", "widget/webview.ts", { format: "iife" });
await styles({ pages_css: "ui/pages.css", reference_css: "ui/reference.css", board_css: "board/board.css" });
writeFileSync(path.join(outdir, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;
for (const [name, bytes] of Object.entries(sizes).sort())
  console.log(`${name.padEnd(34)} ${kilobytes(bytes).padStart(10)} brotli`);
const budgets = [
  ["launcher", launcher, LAUNCHER_BUDGET_BYTES],
  ["launcher and whole panel", launcher + panel, PANEL_BUDGET_BYTES],
  ["charts and what else loads later", later, LATER_BUDGET_BYTES],
  ["board's first load", Math.max(...boards.map(({ first }) => first)), BOARD_BUDGET_BYTES],
  ["largest chunk that the board loads later", Math.max(...boards.map(({ later }) => later)), LATER_BUDGET_BYTES],
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
