/** The main job in a browser: sign in, money, open, watch, close, history. Nothing is mocked. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cents, launch, openPage, overflow, shoot, signIn } from "./browser.mjs";
import { advance, BASE_URL, somebody, trade } from "./world.mjs";

let browser;
let page;
let account;
const email = somebody();
before(async () => {
  browser = await launch();
  page = await openPage(browser);
});
after(() => browser?.close());

const dialog = () => page.getByRole("dialog", { name: "Deposit" });
const steps = (label) => page.getByRole("list", { name: label });

test("signs in with the code from the mailbox and is shown where to deposit", async () => {
  await signIn(page, email);
  await dialog().waitFor();
  await page.getByLabel("QR code of the Solana address").first().waitFor({ timeout: 60_000 });
  account = await dialog().locator("[data-address^='0x']").first().getAttribute("data-address");
  assert.match(account, /^0x[0-9a-fA-F]{40}$/);
});

test("gets test money and moves half of it to Hyperliquid", async () => {
  await dialog().getByRole("button", { name: "Get test money" }).click();
  await dialog().getByText("Sent on both networks", { exact: false }).waitFor({ timeout: 60_000 });
  const move = dialog().getByRole("button", { name: /^Move [\d,.]+ USDC$/ });
  await move.waitFor({ timeout: 60_000 });
  assert.match(await move.innerText(), /2,250\.00 USDC/);
  await shoot(page, "deposit-1440-light");
  await move.click();
  await dialog().getByText("Credited on Hyperliquid.").waitFor({ timeout: 120_000 });
  await dialog().getByRole("button", { name: "Go to the dashboard" }).click();
  await dialog().waitFor({ state: "detached" });
});

test("sees the verdict, the market and the account", async () => {
  await page.goto(BASE_URL);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /pay/);
  await page.getByText("Kamino").first().waitFor();
  await page.getByTitle("Simulated venues, no real money").waitFor();
});

test("is told before sending what does not pass", async () => {
  await page.goto(`${BASE_URL}/positions/open?leverage=4.0`);
  const button = page.getByRole("button", { name: /checks? do(es)? not pass/ });
  await button.waitFor({ timeout: 30_000 });
  assert.ok(await button.isDisabled());
  const first = page.locator("li[data-passes]").first();
  assert.equal(await first.getAttribute("data-passes"), "false");
});

/** The market decides whether it may be opened: lets hours pass until every check does. */
async function untilItPays(button) {
  for (let tries = 0; tries < 30; tries += 1) {
    const isThere = await button.waitFor({ timeout: 8_000 }).then(() => true, () => false);
    if (isThere) return;
    await advance(4);
  }
  assert.fail(`it may not be opened: ${await page.locator("li[data-passes=false]").allInnerTexts()}`);
}

test("opens a position and watches every step", async () => {
  await page.goto(`${BASE_URL}/positions/open`);
  await page.getByLabel("Your capital, both legs").fill("1000");
  const go = page.getByRole("button", { name: "Open for $1,000.00" });
  await untilItPays(go);
  await shoot(page, "open-ready-1440-light");
  await go.dblclick();
  await steps("Opening").waitFor({ timeout: 30_000 });
  await page.getByText("Both legs are open and match.").waitFor({ timeout: 120_000 });
  await shoot(page, "open-done-1440-light");
  await page.getByRole("link", { name: "See the position" }).click();
  await page.getByText(/Hedged\. Long and short differ/).waitFor();
});

test("one order was sent although the button was pressed twice", async () => {
  await page.goto(`${BASE_URL}/positions`);
  await page.getByRole("link", { name: "Details" }).first().waitFor();
  assert.equal(await page.getByRole("link", { name: "Details" }).count(), 1);
});

test("earns as hours pass, and the parts add up to the cent", async () => {
  await advance(30);
  await page.goto(`${BASE_URL}/positions`);
  await page.getByRole("link", { name: "Details" }).click();
  const result = page.locator("section").filter({ has: page.getByRole("heading", { name: "Where the result comes from" }) });
  await result.getByText("Net result").waitFor();
  await page.getByText("Last funding payments").waitFor();
  await page.waitForFunction(() => /[+\u2212]\$0\.\d{4}/.test(document.body.innerText), null, { timeout: 60_000 });
  const values = (await result.locator("dd").allInnerTexts()).map(cents);
  const total = values.pop();
  assert.equal(values.length, 6);
  assert.equal(values.reduce((sum, value) => sum + value, 0n), total);
});

/** The pages on a phone in the dark and on a desk in the light. */
async function look(pages) {
  for (const [width, scheme] of [[390, "dark"], [1440, "light"]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(BASE_URL + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForTimeout(700);
      await shoot(page, `${name}-${width}-${scheme}`);
      assert.ok((await overflow(page)) <= 0, `${name} is too wide at ${width}`);
    }
  }
}

test("a pause forbids opening, says so where one would open, and ends when it is resumed", async () => {
  await page.goto(`${BASE_URL}/settings`);
  await page.getByLabel(/Why, for whoever reads it later/).fill("on a journey");
  await page.getByRole("button", { name: "Pause opening" }).click();
  const resume = page.getByRole("button", { name: "Resume opening" });
  await resume.waitFor();
  await look({ "open-paused": "/positions/open" });
  await page.getByText("You have paused opening: on a journey.").waitFor();
  await page.getByRole("button", { name: /checks? do(es)? not pass/ }).waitFor({ timeout: 30_000 });
  await page.locator("li[data-passes=false]").filter({ hasText: "Opening is allowed" }).waitFor();
  await page.getByRole("link", { name: "See the pause" }).click();
  await resume.click();
  await page.getByText("Opening is allowed.").waitFor();
});

test("what a stranger's hand did is told on every page, counted down, and over once it is undone", async () => {
  await trade(account, "sell", "2");
  const strip = page.getByRole("complementary", { name: "Alarms" });
  await strip.waitFor({ timeout: 60_000 });
  assert.match(await strip.innerText(), /At risk: \$[\d,.]+, 2\.00 SOL short[\s\S]*In \d+:\d\d we do this by ourselves/);
  await look({ alarmed: "/" });
  assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /held that no position claims: at risk/);
  const row = page.getByRole("list", { name: "Open alarms" }).getByRole("listitem").first();
  await row.getByRole("button", { name: "Acknowledge" }).click();
  await strip.waitFor({ state: "detached" });
  await row.getByText(/^Acknowledged/).waitFor();
  await trade(account, "buy", "2");
  await page.getByText("Nothing needs you.", { exact: false }).waitFor({ timeout: 60_000 });
  await page.getByText("1 alarm that is over").click();
  await page.getByText(/over after/).waitFor();
});

test("is told what closing or stopping everything would do, before anything is sent", async () => {
  await page.goto(`${BASE_URL}/settings`);
  await page.getByRole("button", { name: "Close all positions" }).click();
  const all = page.getByRole("dialog", { name: "Close all positions?" });
  await all.getByRole("button", { name: /^Close 1 position for about \$/ }).waitFor({ timeout: 30_000 });
  await shoot(page, "close-all-1440-light");
  await all.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Emergency stop" }).click();
  const stop = page.getByRole("dialog", { name: "Emergency stop" });
  await stop.getByRole("button", { name: "Go on to the last step" }).click();
  await stop.getByRole("button", { name: "Stop and close 1 position now" }).waitFor();
  await shoot(page, "stop-1440-light");
  await stop.getByRole("button", { name: "Back" }).click();
  await stop.getByRole("button", { name: "Stop nothing" }).click();
  await page.goto(`${BASE_URL}/positions`);
  await page.getByRole("link", { name: "Details" }).click();
  await page.getByText(/Hedged\. Long and short differ/).waitFor();
  await page.getByRole("radio", { name: "Every line" }).click();
  await page.getByText(/Signature asked for/).first().waitFor();
  await shoot(page, "position-1440-light");
});

test("makes the position smaller by a quarter, and both legs still match", async () => {
  await page.getByRole("button", { name: "Reduce" }).click();
  const reducing = page.getByRole("dialog", { name: /^Reduce / });
  await reducing.getByRole("button", { name: /^Reduce for about \$/ }).click();
  await reducing.getByText("Both legs are smaller by the same part and match.", { exact: false }).waitFor({ timeout: 60_000 });
  await shoot(page, "reduce-1440-light");
  await reducing.getByRole("button", { name: "Close" }).click();
  await page.getByText(/Hedged\. Long and short differ by [+\u2212]?0\.0\d SOL/).waitFor({ timeout: 30_000 });
});

test("closes the position and gets the money back", async () => {
  await page.getByRole("button", { name: "Close position" }).click();
  const closing = page.getByRole("dialog", { name: /^Close / });
  const go = closing.getByRole("button", { name: /^Close for about \$/ });
  await go.waitFor({ timeout: 30_000 });
  await shoot(page, "close-1440-light");
  await go.click();
  await closing.getByText("Both legs are closed.", { exact: false }).waitFor({ timeout: 120_000 });
  await closing.getByRole("button", { name: "Close" }).click();
  await closing.waitFor({ state: "detached" });
});

test("finds it in the history with its six parts, adding up", async () => {
  await page.goto(`${BASE_URL}/history`);
  const row = page.getByRole("table", { name: "Ended positions" }).getByRole("row").nth(1);
  await row.waitFor();
  const cells = await row.getByRole("cell").allInnerTexts();
  const [, ...split] = cells.slice(2).map(cents);
  const total = split.pop();
  assert.equal(split.reduce((sum, value) => sum + value, 0n), total);
  const account = page.locator("section").filter({ has: page.getByRole("heading", { name: "From opening to closing balance" }) });
  await account.locator("dd", { hasText: "$" }).last().waitFor();
  const sums = (await account.locator("dd").allInnerTexts()).map(cents);
  assert.ok(sums.length >= 5);
  const closing = sums.pop();
  assert.equal(sums.reduce((sum, value) => sum + value, 0n), closing);
});

const PAGES = { overview: "/", positions: "/positions", open: "/positions/open", intents: "/intents", strategy: "/strategy", wallet: "/wallet", history: "/history", settings: "/settings" };
for (const [scheme, width] of ["light", "dark"].flatMap((one) => [390, 820, 1440].map((size) => [one, size]))) {
  test(`every page fits ${width} px, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(BASE_URL + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForTimeout(900);
      await shoot(page, `${name}-${width}-${scheme}`);
      assert.ok((await overflow(page)) <= 0, `${name} is too wide at ${width}`);
    }
  });
}

test("signs out, and nothing of the account is left on the screen", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${BASE_URL}/settings`);
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Connect" }).waitFor();
  assert.ok(!(await page.locator("body").innerText()).includes(email));
  await page.goto(`${BASE_URL}/wallet`);
  await page.getByRole("button", { name: "Connect" }).waitFor();
});

test("nothing went wrong unnoticed", () => assert.deepEqual(page.complaints, []));
