import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL(".", import.meta.url));
const all = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
const files = all.filter((file) => !/\.test\.tsx?$/.test(file) && file.includes(path.sep));
const whole = (file: string): string => readFileSync(path.join(root, file), "utf8");
const read = (file: string): string => whole(file).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
const layerOf = (file: string): string => file.split(path.sep)[0] as string;
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((found) => found[1] as string);
const ALLOWED: Record<string, string[]> = {
  protocol: ["protocol"],
  core: ["protocol", "core"],
  link: ["protocol", "core", "link"],
  ui: ["protocol", "core", "ui"],
  widget: ["protocol", "core", "link", "ui", "widget"],
  board: ["protocol", "core", "link", "ui", "board"],
  worker: ["protocol", "core", "link", "ui", "worker"],
  portal: ["protocol", "core", "link", "ui", "portal"],
  packages: ["protocol", "core", "link", "widget", "packages"],
  gallery: ["protocol", "core", "link", "ui", "widget", "board", "portal", "gallery"], // in no bundle of the product
};

/** Each is one thing at two layers: a setting and what it says, an event in two packages. */
const SHARED_NAMES = ["Team", "Teams", "Told"];
const NAMED = /^(export )?(?:abstract )?(class|interface|type) (\w+)/gm;

const within = (file: string): string[] =>
  importsOf(file)
    .filter((name) => name.startsWith("."))
    .map((name) => path.join(path.dirname(file), name));

/** The first circle of imports that a walk from the file comes to, as a path; null: there is none. */
function findCircle(file: string, done: Set<string>, trail: readonly string[] = []): string | null {
  if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(" → ");
  if (done.has(file)) return null;
  for (const next of within(file)) {
    const circle = findCircle(next, done, [...trail, file]);
    if (circle) return circle;
  }
  done.add(file);
  return null;
}

const CLAIM = /\bPure\b|[Tt]ouches nothing/;

describe("layers", () => {
  it("holds no circle of imports, imports of types among them", () => {
    const done = new Set<string>();
    expect(files.flatMap((file) => findCircle(file, done) ?? [])).toEqual([]);
  });
  it.each(files)("%s imports only what lies below it", (file) => {
    for (const target of within(file))
      expect(ALLOWED[layerOf(file)], `${file} imports ${target}`).toContain(layerOf(target));
  });
  const isPure = (file: string): boolean =>
    ["protocol", "core"].includes(layerOf(file)) || /^\/\*\*[^]*?\*\//.exec(whole(file))?.[0].match(CLAIM) != null;
  it.each(files.filter(isPure))("%s is pure, as its layer or its first comment says", (file) => {
    expect(read(file)).not.toMatch(
      /\b(?:window|document|localStorage|indexedDB|navigator|setTimeout|setInterval)\b|\bfetch\(|Date\.now|new Date\(\)|Math\.random|getRandomValues/,
    );
    expect(importsOf(file).filter((name) => !name.startsWith("."))).toEqual([]);
  });
  it.each(files.filter((file) => layerOf(file) !== "link"))("%s knows neither MQTT nor the database", (file) => {
    expect(importsOf(file).filter((name) => /u8-mqtt|idb-keyval/.test(name))).toEqual([]);
    expect(read(file)).not.toMatch(/new WebSocket/);
  });
  it("gives the name of a class or of an exported type to one thing", () => {
    const named = new Map<string, number>();
    const add = (name: string, count: number): void => void named.set(name, (named.get(name) ?? 0) + count);
    for (const file of all)
      for (const [, exported, kind, name = ""] of whole(file).matchAll(NAMED))
        add(name, exported || kind === "class" ? 1 : 0);
    expect(
      [...named]
        .filter(([, count]) => count > 1)
        .map(([name]) => name)
        .sort(),
    ).toEqual(SHARED_NAMES);
  });
  it("asks over HTTP in one file", () => {
    expect(files.filter((file) => /(?<!#)\bfetch\(|XMLHttpRequest/.test(read(file)))).toEqual([
      path.join("link", "http.ts"),
      path.join("worker", "offline.ts"), // a page that can load none of our code
      path.join("worker", "worker.ts"), // loads the board's page for the browser
    ]);
  });
});
