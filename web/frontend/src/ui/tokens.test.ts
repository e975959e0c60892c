import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const SRC = path.resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(path.join(SRC, file), "utf8");
const tokens = read("ui/tokens.css");

type Roles = Readonly<Record<string, string>>;

/** Each role's value: light and dark. */
const TABLE: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  "--wl-accent": ["#0b6e4f", "#4cc38a"],
  "--wl-bg": ["#f7f8f6", "#101412"],
  "--wl-surface": ["#ffffff", "#171c19"],
  "--wl-raised": ["#ffffff", "#1e2521"],
  "--wl-text": ["#17201b", "#e8eeea"],
  "--wl-muted": ["#5b6760", "#9aa69f"],
  "--wl-line": ["#e1e6e2", "#2a332e"],
  "--wl-control": ["#7d8a82", "#6f7c74"],
  "--wl-on-accent": ["#ffffff", "#101412"],
  "--wl-bubble": ["#eef1ee", "#232b26"],
  "--wl-note": ["#fff7d6", "#2d2810"],
  "--wl-warn": ["#a35200", "#f0b35a"],
  "--wl-bad": ["#b3261e", "#ff8a80"],
};

function block(start: string): Roles {
  const from = tokens.indexOf(start);
  expect(from, start).toBeGreaterThan(-1);
  const body = tokens.slice(tokens.indexOf("{", from) + 1, tokens.indexOf("}", from));
  return Object.fromEntries([...body.matchAll(/(--wl-[a-z0-9-]+):\s*([^;]+);/gu)].map((match) => [match[1], match[2]]));
}
const light = block('[data-theme="light"],\n');
const darkBySystem = block(':root:not([data-theme="light"])');
const darkByChoice = block('  [data-theme="dark"],');

type Rgb = readonly [number, number, number];
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
const mix = (one: Rgb, share: number, other: Rgb): Rgb =>
  one.map((part, at) => part * share + (other[at] ?? 0) * (1 - share)) as unknown as Rgb;
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one: Rgb, other: Rgb): number {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

describe("tokens", () => {
  test("every role has its value in light and in dark", () => {
    for (const [role, [bright, dark]] of Object.entries(TABLE)) {
      expect([light[role], darkBySystem[role], darkByChoice[role]], role).toEqual([bright, dark, dark]);
    }
  });

  test("dark by choice and dark by the system are the same", () => {
    expect(darkByChoice).toEqual(darkBySystem);
  });

  test.each([
    ["light", light],
    ["dark", darkByChoice],
  ])("text is readable on what it stands on, in %s", (_, roles) => {
    const role = (name: string): Rgb => rgb(roles[`--wl-${name}`] ?? "");
    const tint = mix(role("accent"), 0.11, role("surface"));
    const warnTint = mix(role("warn"), 0.1, role("surface"));
    const badTint = mix(role("bad"), 0.1, role("surface"));
    for (const under of ["bg", "surface", "raised"]) {
      expect(contrast(role("text"), role(under)), `text on ${under}`).toBeGreaterThanOrEqual(7);
      for (const over of ["muted", "accent", "warn", "bad"]) {
        expect(contrast(role(over), role(under)), `${over} on ${under}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(role("control"), role("surface")), "a control's border").toBeGreaterThanOrEqual(3);
    for (const [over, under, name] of [
      [role("on-accent"), role("accent"), "words on accent"],
      [role("text"), role("bubble"), "words in a bubble"],
      [role("muted"), role("bubble"), "quiet words on a tag"],
      [role("text"), role("note"), "words of a note"],
      [role("muted"), role("note"), "time of a note"],
      [role("warn"), role("note"), "the note's hint"],
      [role("accent"), tint, "accent on its tint"],
      [role("muted"), tint, "quiet words on the open row"],
      [role("warn"), tint, "waiting long on the open row"],
      [role("bad"), tint, "waiting too long on the open row"],
      [role("warn"), warnTint, "the warning line"],
      [role("bad"), badTint, "the refusal line"],
    ] as const) {
      expect(contrast(over, under), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("spacing, radii and type have their values", () => {
    const rest = block("  :root,\n  :host {\n    --wl-space-1");
    expect([1, 2, 3, 4, 5, 6].map((step) => rest[`--wl-space-${step}`])).toEqual([
      "4px",
      "8px",
      "12px",
      "16px",
      "24px",
      "32px",
    ]);
    expect([rest["--wl-radius-control"], rest["--wl-radius-bubble"], rest["--wl-radius-panel"]]).toEqual([
      "6px",
      "14px",
      "16px",
    ]);
    expect(["s", "m", "l", "xl"].map((size) => rest[`--wl-size-${size}`])).toEqual(["13px", "15px", "18px", "24px"]);
    expect([rest["--wl-leading"], rest["--wl-motion"], rest["--wl-touch"]]).toEqual(["1.45", "120ms ease-out", "44px"]);
  });

  test("every token that is used exists", () => {
    const known = new Set([...tokens.matchAll(/(--wl-[a-z0-9-]+):/gu)].map((match) => match[1]));
    // Not roles: what one rule says to another.
    for (const local of ["--wl-chart-height", "--wl-one-pane", "--wl-portal-edge"]) known.add(local);
    for (const file of sheets()) {
      for (const [, name] of read(file).matchAll(/var\((--wl-[a-z0-9-]+)/gu))
        expect(known.has(name), `${name} in ${file}`).toBe(true);
    }
  });
});

const sheets = (): string[] => ["ui/chat.css", "ui/pages.css", "board/board.css", "board/found.css", "board/pages.css"];
const components = (): string[] =>
  ["ui", "board", "board/pages", "portal"].flatMap((folder) =>
    readdirSync(path.join(SRC, folder))
      .filter((file) => /\.tsx?$/u.test(file) && !/\.test\./u.test(file))
      .map((file) => `${folder}/${file}`),
  );

describe("no literals beside the tokens", () => {
  test.each(components())("%s has no colour and no distance of its own", (file) => {
    const code = read(file).replace(/\/\*[^]*?\*\/|\/\/.*$/gmu, "");
    expect(code.match(/["'`\s(](#[0-9a-f]{3,8}\b|rgba?\(|hsla?\()/giu)).toBeNull();
    expect(code.match(/\d(px|rem|em)\b/gu)).toBeNull();
    expect(code.match(/\bstyle=/gu)).toBeNull();
  });

  test.each(sheets())("%s has no colour of its own, and every distance and radius from a token", (file) => {
    const css = read(file).replace(/\/\*[^]*?\*\//gu, "");
    expect(
      css.match(
        /:[^;{]*(#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|hwb|lab|oklch)\(|\b(black|white|red|green|blue|gr[ae]y)\b)/giu,
      ),
    ).toBeNull();
    const distances = [
      ...css.matchAll(/(?:^|\s)((?:margin|padding|gap|row-gap|column-gap|border-radius)[a-z-]*):\s*([^;]+);/gu),
    ];
    expect(distances.length).toBeGreaterThan(10);
    for (const [, property, value = ""] of distances) {
      // -1px: how one hides text from the eye alone. Factors inside calc() are not distances.
      const bare = value.replace(/^-1px$/u, "0").replace(/calc\([^;]*\)|max\([^;]*\)|var\([^)]*\)/gu, "");
      expect(bare.match(/[1-9]/u), `${property}: ${value}`).toBeNull();
    }
  });
});
