/** Where the product and the simulated world are, and the little a test needs of them. */

export const BASE_URL = need("BASE_URL");
export const CONTROL_URL = need("PAPER_CONTROL_URL");

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these through \`make test\`, or point them at a running product`);
  return value.replace(/\/$/, "");
}

async function control(path, body) {
  const answer = await fetch(`${CONTROL_URL}/control/${path}`, body && { method: "POST", body: JSON.stringify(body) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
  return value;
}

export const advance = (hours) => control("advance", { hours });

/** Trade SOL for an account behind the product's back. */
export const trade = (address, side, size) => control("trade", { address, side, size });

/** The newest code sent to an address at or after a moment; waits up to 20 s for it. */
export async function newestCode(email, sinceMs) {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const answer = await control(`mailbox?email=${encodeURIComponent(email)}`);
    const mails = Array.isArray(answer) ? answer : answer.mails;
    const fresh = mails.filter((mail) => Number(mail.sent_at_ms) >= sinceMs);
    if (fresh.length > 0) return fresh.at(-1).code;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`no code was sent to ${email}`);
}

let people = 0;
/** An address nobody has used before. */
export const somebody = () => `e2e-${Date.now()}-${(people += 1)}@example.org`;
