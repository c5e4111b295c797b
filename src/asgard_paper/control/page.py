"""The page at the control port: the mailbox and the faucet for people."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Paper world</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
  p, td, th { color: color-mix(in srgb, currentColor 82%, transparent); }
  form { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); }
  label { display: grid; font-size: .85rem; }
  .wide { grid-column: 1 / -1; }
  input, select, button { font: inherit; padding: .35rem .5rem; border-radius: .4rem;
    border: 1px solid color-mix(in srgb, currentColor 30%, transparent); background: Canvas; }
  button { cursor: pointer; justify-self: start; }
  table { width: 100%; border-collapse: collapse; }
  td, th { text-align: left; padding: .3rem 0; font-variant-numeric: tabular-nums;
    border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
  output { display: block; min-height: 1.5rem; overflow-wrap: anywhere; }
</style>
<h1>Paper world</h1>
<p id="time">Loading the time…</p>
<h2>Mailbox</h2>
<p>Sign-in codes the paper Privy would have sent.</p>
<table><thead><tr><th>To<th>Code<th>Sent</thead><tbody id="mail"></tbody></table>
<h2>Faucet</h2>
<form id="faucet">
  <label class="wide">Arbitrum address<input name="evm_address" autocomplete="off"></label>
  <label>USDC on Arbitrum<input name="usdc_arbitrum" value="1000" inputmode="decimal"></label>
  <label>ETH<input name="eth" value="0.01" inputmode="decimal"></label>
  <label class="wide">Solana address<input name="solana_address" autocomplete="off"></label>
  <label>USDC on Solana<input name="usdc_solana" value="1000" inputmode="decimal"></label>
  <label>SOL<input name="sol" value="1" inputmode="decimal"></label>
  <button class="wide">Give</button>
</form>
<output id="given" role="status"></output>
<h2>Time and weather</h2>
<form id="scenario">
  <label>Scenario<select name="name"></select></label>
  <label>Skip hours<input name="hours" value="0" inputmode="numeric"></label>
  <button class="wide">Apply</button>
</form>
<output id="weather" role="status"></output>
<script>
  const call = async (path, body) => {
    const options = body && { method: "POST", body: JSON.stringify(body) };
    const reply = await fetch("/control/" + path, options);
    const value = await reply.json();
    if (!reply.ok) throw new Error(value.error);
    return value;
  };
  const cell = (row, text) => { row.insertCell().textContent = text; };
  const refresh = async () => {
    const clock = await call("clock");
    time.textContent = `Market time ${new Date(clock.now_ms).toUTCString()}, ` +
      `speed ${clock.speed}, ${clock.mode} market`;
    const mails = (await call("mailbox")).slice(-10).reverse();
    mail.replaceChildren();
    for (const each of mails) {
      const row = mail.insertRow();
      cell(row, each.email); cell(row, each.code);
      cell(row, new Date(each.sent_at_ms).toLocaleTimeString());
    }
  };
  const show = (place, act) => act().then(
    (text) => { place.textContent = text; },
    (error) => { place.textContent = error.message; });
  faucet.onsubmit = (event) => {
    event.preventDefault();
    const wish = Object.fromEntries([...new FormData(faucet)].filter(([, value]) => value));
    if (!wish.evm_address) { delete wish.usdc_arbitrum; delete wish.eth; }
    if (!wish.solana_address) { delete wish.usdc_solana; delete wish.sol; }
    show(given, async () => { await call("faucet", wish); return "Given."; });
  };
  scenario.onsubmit = (event) => {
    event.preventDefault();
    show(weather, async () => {
      const name = scenario.elements.name.value;
      if (name) await call("scenario", { name });
      const hours = Number(scenario.elements.hours.value);
      if (hours > 0) await call("advance", { hours });
      await refresh();
      return "Done.";
    });
  };
  call("scenario").then(({ scenarios }) => {
    scenario.elements.name.append(new Option("", ""));
    for (const each of scenarios) scenario.elements.name.append(new Option(each.name, each.name));
  });
  refresh(); setInterval(refresh, 2000);
</script>
</html>
"""
