import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Lab = [lightness: number, chroma: number, hue: number];
const css = readFileSync("src/ui/tokens.css", "utf8");
const PAIR = /--([a-z0-9]+): light-dark\(oklch\(([\d. ]+)\), oklch\(([\d. ]+)\)\)/g;
const tokens = new Map<string, { light: Lab; dark: Lab }>();
for (const [, name = "", light = "", dark = ""] of css.matchAll(PAIR)) {
  tokens.set(name, { light: light.split(" ").map(Number) as Lab, dark: dark.split(" ").map(Number) as Lab });
}

function oklab([lightness, chroma, hue]: Lab): [number, number, number] {
  const turn = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(turn), chroma * Math.sin(turn)];
}

function luminance(color: Lab): number {
  const [lightness, a, b] = oklab(color);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((channel) => Math.min(1, Math.max(0, channel)));
  return 0.2126 * (rgb[0] ?? 0) + 0.7152 * (rgb[1] ?? 0) + 0.0722 * (rgb[2] ?? 0);
}

function contrast(one: string, other: string, theme: "light" | "dark"): number {
  const [a, b] = [one, other].map((name) => {
    const token = tokens.get(name);
    if (!token) throw new Error(`no token ${name}`);
    return luminance(token[theme]);
  }) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const TEXT = ["ink", "ink2", "ink3", "income", "cost", "caution", "danger"];
const GRAPHIC = ["edge", "funding", "staking", "lending", "borrow", "fees", "residual", "cautiong", "dangerg", "focus"];

describe.each(["light", "dark"] as const)("colours in the %s theme", (theme) => {
  it.each(TEXT)("%s can be read on paper, on a sheet and in a track", (name) => {
    for (const ground of ["bg", "surface", "sunken"]) expect(contrast(name, ground, theme)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(GRAPHIC)("%s stands out from the paper", (name) => {
    expect(contrast(name, "bg", theme)).toBeGreaterThanOrEqual(3);
  });
  it("keeps ink readable on banners and on the primary button", () => {
    for (const ground of ["cautionbg", "dangerbg"]) expect(contrast("ink", ground, theme)).toBeGreaterThanOrEqual(4.5);
    expect(contrast("ink2", "cautionbg", theme)).toBeGreaterThanOrEqual(4.5);
    expect(contrast("bg", "ink", theme)).toBeGreaterThanOrEqual(4.5);
  });
  it("keeps income apart from cost", () => {
    for (const income of ["funding", "staking", "lending"]) {
      for (const cost of ["borrow", "fees"]) {
        const [a, b] = [income, cost].map((name) => oklab(tokens.get(name)?.[theme] as Lab)) as unknown as [number[], number[]];
        const distance = Math.hypot(...a.map((value, index) => value - (b[index] ?? 0)));
        expect(distance).toBeGreaterThan(0.11);
      }
    }
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\.test\.tsx?$|schema\.gen|tokens\.css|src\/testing/.test(path));
}

describe("colour use", () => {
  it("names a token everywhere; only a QR code is plain black and white", () => {
    const literal = /#[0-9a-f]{3,8}\b(?![\w-])|\b(?:rgb|rgba|hsl|oklch|oklab)\(/gi;
    const found = sources("src").flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(literal)].map((hit) => `${path}: ${hit[0]}`),
    );
    expect(found.filter((hit) => !/#(?:content|root)/.test(hit))).toEqual([]);
  });
  it("uses only tokens that exist", () => {
    const used = sources("src").flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/var\(--([a-z0-9]+)\)/g)].map((hit) => hit[1] ?? ""),
    );
    expect([...new Set(used)].filter((name) => !tokens.has(name) && !["veil"].includes(name))).toEqual([]);
  });
});
