/** Pictures of every page over fixtures, for looking at without a back end: npm run shots. */
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { createServer } from "vite";

process.env.VITE_FIXTURES = "1";
const out = new URL("../../test-results/fixtures/", import.meta.url).pathname;
await mkdir(out, { recursive: true });

const PAGES = [
  ["sign-in", "/sign-in", "out"],
  ["overview", "/", "full"],
  ["overview-empty", "/", "empty"],
  ["overview-troubled", "/", "troubled"],
  ["deposit", "/?deposit=open", "full"],
  ["positions", "/positions", "full"],
  ["open", "/positions/open", "full"],
  ["open-fails", "/positions/open?leverage=3.0", "full"],
  ["position", "/positions/pos_2", "full"],
  ["intents", "/intents", "full"],
  ["intents-held", "/intents", "alarmed"],
  ["intents-empty", "/intents", "empty"],
  ["open-waits", "/positions/open", "full", "Wait for conditions"],
  ["strategy", "/strategy", "full"],
  ["wallet", "/wallet", "full"],
  ["history", "/history", "full"],
  ["settings", "/settings", "full"],
  ["overview-alarmed", "/", "alarmed"],
  ["positions-alarmed", "/positions", "alarmed"],
  ["open-paused", "/positions/open", "alarmed"],
  ["stuck", "/positions/pos_2", "alarmed"],
  ["quarantined", "/positions/pos_3", "alarmed"],
  ["waiting", "/positions/pos_4", "alarmed"],
  ["trading", "/settings", "alarmed"],
  ["close-all", "/settings", "alarmed", "Close all positions"],
  ["reduce", "/positions/pos_2", "full", "Reduce"],
  ["stop", "/settings", "alarmed", "Emergency stop"],
  ["why-position", "/positions/pos_2", "full", "Why: jitoSOL long, SOL-PERP short"],
  ["why-intent", "/intents", "full", "Why: $1,200.00 at 2.0x in jitoSOL"],
  ["why-strategy", "/strategy", "full", "Why: your strategy"],
  ["why-empty", "/", "empty", "Why: everything decided for you"],
  ["why-fails", "/positions/pos_2", "troubled", "Why: jitoSOL long, SOL-PERP short"],
  ["not-found", "/nowhere", "full"],
];
const SIZES = [390, 820, 1440];
const wanted = process.argv.slice(2);

const server = await createServer({ server: { port: 0 }, logLevel: "error" });
await server.listen();
const base = server.resolvedUrls.local[0].replace(/\/$/, "");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
let problems = 0;
for (const scheme of ["light", "dark"]) {
  for (const width of SIZES) {
    for (const [name, path, scene, press] of PAGES) {
      const id = `${name}-${width}-${scheme}`;
      if (wanted.length > 0 && !wanted.some((part) => id.includes(part))) continue;
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, timezoneId: "UTC" });
      await context.addInitScript((value) => localStorage.setItem("fixtures", value), scene);
      const page = await context.newPage();
      page.on("pageerror", (error) => console.log(id, "page error:", error.message));
      page.on("console", (message) => message.type() === "error" && console.log(id, message.text()));
      await page.goto(base + path, { waitUntil: "networkidle" });
      if (name === "open") await page.getByLabel("Your capital, both legs").fill("1200.00", { timeout: 5000 }).catch((error) => console.log(id, error.message));
      if (name === "open-fails") await page.getByLabel("Your capital, both legs").fill("2500.00", { timeout: 5000 }).catch((error) => console.log(id, error.message));
      if (press) await page.getByRole(press === "Wait for conditions" ? "radio" : "button", { name: press }).first().click();
      await page.waitForTimeout(700);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 0) {
        problems += 1;
        console.log(id, `is ${overflow} px too wide`);
      }
      await page.screenshot({ path: `${out}${id}.png`, fullPage: !name.startsWith("why") });
      await context.close();
    }
  }
}
await browser.close();
await server.close();
process.exit(problems === 0 ? 0 : 1);
