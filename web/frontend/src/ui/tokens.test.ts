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
  "--wl-on-accent": ["#ffffff", "#04140c"],
  "--wl-on-own": ["var(--wl-on-accent)", "#f3fbf7"],
  "--wl-bg": ["#f5f6f4", "#0d110f"],
  "--wl-surface": ["#ffffff", "#141916"],
  "--wl-raised": ["#ffffff", "#1b211e"],
  "--wl-sunken": ["#f0f2ef", "#0f1411"],
  "--wl-hover": ["#f3f5f2", "#1a201d"],
  "--wl-bubble": ["#eff2ef", "#212925"],
  "--wl-note": ["#fff6d8", "#2c2710"],
  "--wl-note-line": ["#ead58a", "#574b1a"],
  "--wl-note-text": ["#5c4600", "#f0dc94"],
  "--wl-text": ["#14201a", "#e8eeea"],
  "--wl-muted": ["#55625a", "#a6b2ab"],
  "--wl-subtle": ["#5f6b63", "#8f9b94"],
  "--wl-line": ["#e3e7e4", "#262e2a"],
  "--wl-line-strong": ["#cdd4cf", "#37413c"],
  "--wl-control": ["#7d8a82", "#6f7c74"],
  "--wl-ok": ["#0a6549", "#6fd6a5"],
  "--wl-ok-soft": ["#e2f1ea", "#183529"],
  "--wl-info": ["#1c56b0", "#8fb6ff"],
  "--wl-info-soft": ["#e8effb", "#182740"],
  "--wl-warn": ["#8f4700", "#f0b35a"],
  "--wl-warn-soft": ["#fdeedb", "#33240e"],
  "--wl-bad": ["#b3261e", "#ff948b"],
  "--wl-bad-soft": ["#fcebe9", "#3a1a18"],
  "--wl-chart": ["#2f8a6b", "#46a883"],
  "--wl-chart-odd": ["#c2570c", "#f0924a"],
  "--wl-chart-compare": ["#5d6b86", "#9aa9c8"],
  "--wl-chart-grid": ["#e8ebe8", "#232b27"],
  "--wl-heat-0": ["#f0f2ef", "#1a201d"],
  "--wl-heat-1": ["#d3e8de", "#1c3a2d"],
  "--wl-heat-2": ["#a3d0bc", "#24573f"],
  "--wl-heat-3": ["#5fa98b", "#338a64"],
  "--wl-heat-4": ["#1f7d5d", "#5bcf9b"],
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
/** Return `oklch(from <accent> <soft>)` of CSS Color 4 and 5; soft: a lightness, a share of the chroma, and degrees to turn the hue by. */
function tint(accent: Rgb, soft: string): Rgb {
  const [, lightness, share, turn = "0"] =
    /^([\d.]+) calc\(c \* ([\d.]+)\) (?:h|calc\(h \+ (\d+)\))$/u.exec(soft) ?? [];
  const [r, g, b] = accent.map((part) => linear(part / 255)) as unknown as Rgb;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const [a0, b0] = [
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
  const chroma = Math.hypot(a0, b0) * Number(share);
  const hue = Math.atan2(b0, a0) + (Number(turn) * Math.PI) / 180;
  const [a1, b1, light] = [chroma * Math.cos(hue), chroma * Math.sin(hue), Number(lightness)];
  const l1 = (light + 0.3963377774 * a1 + 0.2158037573 * b1) ** 3;
  const m1 = (light - 0.1055613458 * a1 - 0.0638541728 * b1) ** 3;
  const s1 = (light - 0.0894841775 * a1 - 1.291485548 * b1) ** 3;
  return [
    4.0767416621 * l1 - 3.3077115913 * m1 + 0.2309699292 * s1,
    -1.2684380046 * l1 + 2.6097574011 * m1 - 0.3413193965 * s1,
    -0.0041960863 * l1 - 0.7034186147 * m1 + 1.707614701 * s1,
  ].map((part) =>
    Math.round(255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055)),
  ) as unknown as Rgb;
}
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => linear(part / 255)) as unknown as Rgb;
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

  test("the standard accent's tint is the design's, and another accent's has its hue", () => {
    expect(tint(rgb("#0b6e4f"), light["--wl-soft"] ?? "")).toEqual(rgb("#e2f1ea"));
    expect(tint(rgb("#4cc38a"), darkByChoice["--wl-soft"] ?? "")).toEqual(rgb("#183529"));
    const [r, , b] = tint(rgb("#1c56b0"), light["--wl-soft"] ?? "");
    expect(b - r, "a blue one is blue").toBeGreaterThan(20);
    expect(tokens).toContain("--wl-accent-soft: oklch(from var(--wl-accent) var(--wl-soft));");
  });

  test("dark by choice and dark by the system are the same", () => {
    expect(darkByChoice).toEqual(darkBySystem);
  });

  test.each([
    ["light", light],
    ["dark", darkByChoice],
  ])("text is readable on what it stands on, in %s", (_, roles) => {
    const role = (name: string): Rgb => {
      const value = roles[`--wl-${name}`] ?? "";
      const other = /^var\(--wl-(.*)\)$/u.exec(value)?.[1];
      return other ? role(other) : rgb(value);
    };
    const toward = role("toward");
    const accentText = mix(role("accent"), 0.92, toward);
    const soft = tint(role("accent"), roles["--wl-soft"] ?? "");
    const share = Number.parseInt(/ (\d+)%/u.exec(roles["--wl-own"] ?? "")?.[1] ?? "100", 10);
    const own = mix(role("accent"), share / 100, [0, 0, 0]);
    for (const under of ["bg", "surface", "raised", "sunken", "hover"]) {
      expect(contrast(role("text"), role(under)), `text on ${under}`).toBeGreaterThanOrEqual(11);
      for (const over of ["muted", "subtle", "ok", "info", "warn", "bad"]) {
        expect(contrast(role(over), role(under)), `${over} on ${under}`).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(accentText, role(under)), `accent words on ${under}`).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(role("control"), role("surface")), "a control's border").toBeGreaterThanOrEqual(3);
    for (const [over, under, name] of [
      [role("on-accent"), role("accent"), "words on accent"],
      [role("on-accent"), mix(role("accent"), 0.82, toward), "words on a pressed button"],
      [role("on-own"), own, "the client's own words"],
      [role("text"), role("bubble"), "words in a bubble"],
      [role("muted"), role("bubble"), "quiet words on a tag"],
      [role("text"), role("note"), "words of a note"],
      [role("note-text"), role("note"), "head of a note"],
      [accentText, soft, "accent on its tint"],
      [role("text"), soft, "an agent's words"],
      [role("muted"), soft, "quiet words on the open row"],
      [role("warn"), soft, "waiting long on the open row"],
      [role("bad"), soft, "waiting too long on the open row"],
      ...["ok", "info", "warn", "bad"].map((state) => [role(state), role(`${state}-soft`), state] as const),
    ] as const) {
      expect(contrast(over, under), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each([
    ["light", light, 0],
    ["dark", darkByChoice, 1],
  ] as const)("a person's initials are readable on their tint, in %s", (_, roles, theme) => {
    const people = [...tokens.matchAll(/--wl-person-\d: light-dark\((#\w+), (#\w+)\)/gu)];
    expect(people).toHaveLength(6);
    for (const [name, ...pair] of people) {
      const colour = rgb(pair[theme] as string);
      const tint = mix(colour, 0.14, rgb(roles["--wl-surface"] as string));
      expect(contrast(colour, tint), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("spacing, radii and type have their values", () => {
    const rest = block("  :root,\n  :host {\n    --wl-1");
    const of = (...names: string[]) => names.map((name) => rest[`--wl-${name}`]).join(" ");
    expect(of("1", "2", "3", "4", "6", "8", "12")).toBe("4px 8px 12px 16px 24px 32px 48px");
    expect(of("r-s", "r-m", "r-l", "r-bubble", "r-panel")).toBe("6px 8px 12px 16px 18px");
    expect(of("t-xs", "t-s", "t-m", "t-l", "t-xl", "t-2xl", "t-3xl")).toBe("12px 13px 14px 15px 18px 24px 30px");
    expect(of("lh", "weight", "weight-medium", "weight-strong", "touch")).toBe("1.45 400 500 600 44px");
  });

  test("every token that is used exists", () => {
    const known = new Set([...tokens.matchAll(/(--wl-[a-z0-9-]+):/gu)].map((match) => match[1]));
    // Not roles: what one rule says to another.
    for (const local of [
      "--wl-ask-at",
      "--wl-ask-height",
      "--wl-at-left",
      "--wl-at-top",
      "--wl-at-width",
      "--wl-chart-height",
      "--wl-face",
      "--wl-keyboard",
      "--wl-one-pane",
      "--wl-portal-edge",
      "--wl-portal-launcher",
    ])
      known.add(local);
    for (const file of sheets()) {
      for (const [, name] of read(file).matchAll(/var\((--wl-[a-z0-9-]+)/gu))
        expect(known.has(name), `${name} in ${file}`).toBe(true);
    }
  });
});

const sheets = (): string[] => [
  "ui/chart.css",
  "ui/chat.css",
  "ui/desk.css",
  "ui/forms.css",
  "ui/pages.css",
  "board/board.css",
  "board/found.css",
  "board/pages.css",
];
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
    expect(distances.length).toBeGreaterThan(4);
    for (const [, property, value = ""] of distances) {
      // -1px: how one hides text from the eye alone. Factors inside calc() are not distances.
      const bare = value.replace(/^-1px$/u, "0").replace(/calc\([^;]*\)|max\([^;]*\)|var\([^)]*\)/gu, "");
      expect(bare.match(/[1-9]/u), `${property}: ${value}`).toBeNull();
    }
  });
});
