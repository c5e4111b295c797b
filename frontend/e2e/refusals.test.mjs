/** Bad inputs and strangers, in a browser over the real server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, overflow, shoot, signIn } from "./browser.mjs";
import { BASE_URL, newestCode, somebody } from "./world.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test("a wrong code opens nothing, the right one still does", async () => {
  const page = await openPage(browser);
  const email = somebody();
  const since = Date.now() - 2_000;
  await page.goto(BASE_URL);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByLabel("E-mail").fill("not an address");
  await page.getByRole("button", { name: "Send the code" }).click();
  await page.getByText("This is not an e-mail address yet.").waitFor();
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Send the code" }).click();
  await page.getByRole("heading", { name: "Enter the code" }).waitFor();
  const code = await newestCode(email, since);
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
  await page.getByLabel("Digit 1").click();
  await page.keyboard.type(wrong);
  await page.getByText("That code is not right", { exact: false }).waitFor();
  await shoot(page, "sign-in-wrong-code-1440-light");
  const session = (await page.context().cookies()).filter((one) => one.httpOnly);
  assert.equal(session.length, 0);
  await page.getByLabel("Digit 1").click();
  await page.keyboard.type(code);
  await page.getByRole("dialog", { name: "Deposit" }).waitFor();
  const signedIn = (await page.context().cookies()).filter((one) => one.httpOnly);
  assert.ok(signedIn.length >= 1, "the session cookie cannot be read by scripts");
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key !== "theme").length), 0);
  await page.context().close();
});

test("nobody sees a page of the account without signing in", async () => {
  const page = await openPage(browser);
  for (const path of ["/", "/wallet", "/history", "/positions/open", "/positions/anything"]) {
    await page.goto(BASE_URL + path);
    await page.getByRole("button", { name: "Connect" }).waitFor();
  }
  await page.context().close();
});

test("amounts that cannot be are refused where they are typed", async () => {
  const page = await openPage(browser);
  await signIn(page, somebody());
  await page.goto(`${BASE_URL}/positions/open`);
  const field = page.getByLabel("Your capital, both legs");
  for (const [typed, words] of [["1", "At least $100.00."], ["1e9", "not an amount"], ["999999999", "At most"], ["-5", "not an amount"], ["", "not an amount"]]) {
    await field.fill(typed);
    await page.getByText(words, { exact: false }).first().waitFor();
    assert.ok(await page.getByRole("button", { name: "An amount is needed" }).isDisabled());
  }
  await field.fill("1000");
  const refusal = page.getByRole("button", { name: /checks? do(es)? not pass/ });
  await refusal.waitFor({ timeout: 30_000 });
  await page.getByText("USDC on Solana").waitFor();
  await page.goto(`${BASE_URL}/positions/there-is-none`);
  await page.getByRole("alert").first().waitFor();
  assert.match(await page.getByRole("alert").first().innerText(), /POS-0001/);
  await page.goto(`${BASE_URL}/nowhere`);
  await page.getByText("There is no such page").waitFor();
  await page.context().close();
});

test("a request without the page's token changes nothing", async () => {
  const page = await openPage(browser);
  await signIn(page, somebody());
  const status = await page.evaluate(async () => {
    const answer = await fetch("/api/v1/auth/logout", { method: "POST" });
    return [answer.status, (await answer.json()).error.code];
  });
  assert.deepEqual(status, [403, "AUT-0004"]);
  await page.goto(`${BASE_URL}/settings`);
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Connect" }).count(), 0);
  await page.context().close();
});

test("the theme is remembered, and the sign-in page fits every width", async () => {
  for (const scheme of ["light", "dark"]) {
    for (const width of [390, 820, 1440]) {
      const page = await openPage(browser, { viewport: { width, height: 900 }, colorScheme: scheme });
      await page.goto(BASE_URL);
      await page.getByRole("button", { name: "Connect" }).waitFor();
      await shoot(page, `sign-in-${width}-${scheme}`);
      assert.ok((await overflow(page)) <= 0);
      await page.context().close();
    }
  }
  const page = await openPage(browser);
  await signIn(page, somebody());
  await page.goto(`${BASE_URL}/settings`);
  await page.getByRole("radio", { name: "Dark" }).click();
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.context().close();
});
