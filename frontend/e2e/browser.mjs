/** A browser that notices what a person would complain about. */
import { mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { BASE_URL, newestCode } from "./world.mjs";

const SHOTS = new URL("../../test-results/", import.meta.url).pathname;
const KNOWN = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? KNOWN.find((path) => existsSync(path));
  if (!executablePath) throw new Error("no Chromium found: install it, or set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page that collects errors nobody expected; `page.complaints` must stay empty. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "UTC", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const isExpected = /status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isExpected) page.complaints.push(`console: ${message.text()}`);
  });
  page.on("response", (answer) => answer.status() >= 500 && page.complaints.push(`${answer.status()} ${answer.url()}`));
  return page;
}

/** Connect, address, the code from the mailbox, and in. */
export async function signIn(page, email) {
  const since = Date.now() - 2_000;
  await page.goto(BASE_URL);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Send the code" }).click();
  await page.getByRole("heading", { name: "Enter the code" }).waitFor();
  const code = await newestCode(email, since);
  await page.getByLabel("Digit 1").click();
  await page.keyboard.type(code);
  await page.getByRole("heading", { name: "Enter the code" }).waitFor({ state: "detached" });
}

export async function shoot(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
}

/** Pixels by which the page is wider than its window. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** "$1,234.50" anywhere in a text, as cents in a BigInt; the typographic minus counts. */
export function cents(text) {
  const hit = /([+\u2212-]?)\$([\d,]+)\.(\d\d)/.exec(text);
  if (!hit) throw new Error(`no amount in ${JSON.stringify(text)}`);
  const size = BigInt(hit[2].replaceAll(",", "") + hit[3]);
  return hit[1] === "" || hit[1] === "+" ? size : -size;
}
