/** The API as msw handlers over the fixtures. */
import { http, HttpResponse } from "msw";
import type { EntryRequest } from "../api/schema.gen";
import * as sample from "./fixtures";
import { earlier, heldBack, intent } from "./fixtures-intents";
import { alarm, control, pastAlarm, pause, playbook, stuckAlarm } from "./fixtures-oversight";
import { emptyStatement, entries, statement } from "./fixtures-ledger";
import { decisions } from "./fixtures-decisions";
import { nearRisk, opportunities, risk } from "./fixtures-risk";
import { presets, settings, strategy } from "./fixtures-strategy";
import { job, preflight } from "./fixtures-trading";

const V1 = "*/api/v1";
const json = (value: unknown, status = 200) => HttpResponse.json(value as Record<string, unknown>, { status });

export function errorBody(code: string, message: string, httpStatus: number) {
  return { error: { code, message, category: "X", http_status: httpStatus, details: {} }, request_id: "7f3a-c21" };
}

export const signedOut = http.get(`${V1}/auth/me`, () => json(errorBody("AUT-0001", "You are not signed in", 401), 401));

export const handlers = [
  http.get(`${V1}/config`, () => json(sample.config())),
  http.get(`${V1}/auth/me`, () => json(sample.me())),
  http.post(`${V1}/auth/sync`, () => json(sample.me())),
  http.post(`${V1}/auth/logout`, () => new HttpResponse(null, { status: 204 })),
  http.get(`${V1}/wallets/server`, () =>
    json({ ready: true, solana_address: sample.SOLANA, evm_address: sample.EVM, agent_address: sample.EVM }),
  ),
  http.get(`${V1}/balances`, () => json(sample.balances())),
  http.get(`${V1}/balances/check`, () =>
    json({ can_trade: true, missing: [], solana_usdc: "690.47", hyperliquid_usdc: "620.00", sol: "0.2140" }),
  ),
  http.get(`${V1}/rates`, ({ request }) => json(sample.rates(new URL(request.url).searchParams.get("leverage") ?? "2.0"))),
  http.get(`${V1}/rates/funding`, ({ request }) =>
    json(sample.funding(Number(new URL(request.url).searchParams.get("hours") ?? 168))),
  ),
  http.get(`${V1}/rates/opportunities`, () => json(opportunities())),
  http.get(`${V1}/risk`, () => json(risk())),
  http.get(`${V1}/decisions`, ({ request }) => {
    const asked = new URL(request.url).searchParams;
    return json({ decisions: decisions({ position_id: asked.get("position_id"), subject: asked.get("subject") }) });
  }),
  http.post(`${V1}/positions/preflight`, async ({ request }) => {
    const entry = (await request.json()) as EntryRequest;
    return json(preflight(String(entry.size_usd), String(entry.leverage)));
  }),
  http.post(`${V1}/positions/open`, () => json({ job_id: "job_open", position_id: "pos_3" }, 202)),
  http.get(`${V1}/intents`, () => json({ intents: [intent(), ...earlier()] })),
  http.post(`${V1}/intents`, () => json({ intent: intent(), warnings: [] }, 201)),
  http.delete(`${V1}/intents/:id`, () => json(intent({ status: "cancelled", verdict: null, criteria: [] }))),
  http.get(`${V1}/positions`, () => json({ positions: [sample.position()] })),
  http.get(`${V1}/positions/history`, () => json(sample.history())),
  http.get(`${V1}/ledger/statement`, () => json(statement())),
  http.get(`${V1}/ledger/entries`, ({ request }) => json(entries(new URL(request.url).searchParams.get("kind") ?? "all"))),
  http.get(`${V1}/positions/jobs/:id`, () => json(job())),
  http.get(`${V1}/positions/:id/timeline`, () => json(sample.timeline())),
  http.get(`${V1}/positions/:id/payments`, () =>
    json({
      payments: Array.from({ length: 8 }, (_, hour) => ({
        settled_at: new Date(new Date(sample.NOW).getTime() - 8_000 - hour * 3_600_000).toISOString(),
        amount_usdc: "0.1556",
      })),
    }),
  ),
  http.get(`${V1}/positions/:id`, ({ params }) => json(params["id"] === "pos_1" ? sample.ended() : sample.position())),
  http.post(`${V1}/positions/:id/reduce`, () => json({ job_id: "job_reduce", position_id: "pos_2" }, 202)),
  http.post(`${V1}/positions/:id/close`, () => json({ job_id: "job_close", position_id: "pos_2" }, 202)),
  http.get(`${V1}/alarms`, () => json({ alarms: [] })),
  http.get(`${V1}/playbooks`, () => json({ playbooks: [playbook({ is_active: false })] })),
  http.post(`${V1}/alarms/:id/acknowledge`, () => json(alarm({ acknowledged_at: new Date().toISOString() }))),
  http.get(`${V1}/control`, () => json(control())),
  http.get(`${V1}/settings`, () => json(settings())),
  http.post(`${V1}/settings`, async ({ request }) => json(settings((await request.json()) as object))),
  http.get(`${V1}/settings/moves`, () => json({ is_given: false, per_move_usd: "500", per_day_usd: "1000", most_usd: "25000", changed_at: null, may_cross: false, can_cross: false })),
  http.post(`${V1}/control/pause`, async ({ request }) => {
    const { reason } = (await request.json()) as { reason: string };
    return json(control(pause({ reason })));
  }),
  http.post(`${V1}/control/resume`, () => json(control())),
  http.post(`${V1}/control/close-all`, () => json({ jobs: [{ job_id: "job_close", position_id: "pos_2" }], not_taken: [] }, 202)),
  http.post(`${V1}/control/emergency-stop`, () => json({ jobs: [{ job_id: "job_close", position_id: "pos_2" }], not_taken: [] }, 202)),
  http.get(`${V1}/strategy`, () => json(strategy())),
  http.get(`${V1}/strategy/presets`, () => json(presets())),
  http.post(`${V1}/deposits`, () => json({ job_id: "job_move" }, 202)),
  http.get(`${V1}/deposits`, () => json(sample.deposits())),
  http.post("http://paper.test/control/faucet", () => json({})),
];

/** An account with nothing in it. */
export const emptyHandlers = [
  http.get(`${V1}/decisions`, () => json({ decisions: [] })),
  http.get(`${V1}/risk`, () => json(risk({ positions: [], account: null }))),
  http.get(`${V1}/balances`, () => json(sample.emptyBalances())),
  http.get(`${V1}/positions`, () => json({ positions: [] })),
  http.get(`${V1}/positions/history`, () => json(sample.history([]))),
  http.get(`${V1}/ledger/statement`, () => json(emptyStatement())),
  http.get(`${V1}/ledger/entries`, () => json({ entries: [], next_before: null })),
  http.get(`${V1}/deposits`, () => json({ deposits: [], moves: [] })),
  http.get(`${V1}/intents`, () => json({ intents: [] })),
  ...handlers,
];

/** A venue is silent, the history fails. */
export const troubledHandlers = [
  http.get(`${V1}/decisions`, () => json(errorBody("GEN-0002", "Internal error", 500), 500)),
  http.get(`${V1}/risk`, () => json(risk({ positions: [nearRisk()], price_state: "stale", price_doubt: "The last mark is 400 s old" }))),
  http.get(`${V1}/rates/opportunities`, () => json(opportunities({ year: null, opportunities: opportunities().opportunities.slice(7) }))),
  http.get(`${V1}/balances`, () =>
    json(
      sample.balances({
        hyperliquid: null,
        total_usd: null,
        positions_equity_usd: null,
        failures: [{ venue: "hyperliquid", code: "NET-0003", message: "A venue does not answer" }],
      }),
    ),
  ),
  http.get(`${V1}/positions/history`, () => json(errorBody("GEN-0002", "Internal error", 500), 500)),
  http.get(`${V1}/positions`, () => json({ positions: [sample.position({ age_seconds: 400, result: null, net_apr: null })] })),
  ...handlers,
];

const STUCK = { state: "stuck_unwind", short: null, delta_sol: null, delta_fraction: null, equity_usd: null, result: null, failure: { code: "ASG-0004", message: "Asgard refused the close 3 times: slippage above 0.5%" }, alarms: [stuckAlarm()] };
const quarantine = () =>
  alarm({ kind: "book_mismatch", position_id: "pos_3", id: "alarm_3", message: "Nothing but closing is done with this position: the venue lists the long as SOL at MARGINFI.", action: "Close what is there.", exposure_sol: null, exposure_usd: null });

/** Alarms are open, opening is paused, a closing waits. */
export const alarmedHandlers = [
  http.get(`${V1}/intents`, () => json({ intents: [heldBack(), ...earlier()] })),
  http.get(`${V1}/alarms`, () => json({ alarms: [alarm(), stuckAlarm(), quarantine(), pastAlarm()] })),
  http.get(`${V1}/control`, () =>
    json(control(pause({ by: "operator", is_for_everybody: true, reason: "Hyperliquid is under maintenance until 15:00", can_lift: false }), pause())),
  ),
  http.get(`${V1}/positions`, () =>
    json({
      positions: [
        sample.position(STUCK),
        sample.position({ id: "pos_3", asset: "SOL", state: "quarantined", failure: { code: "POS-0005", message: "the venue lists the long as SOL at MARGINFI" }, alarms: [quarantine()] }),
        sample.position({ id: "pos_4", asset: "mSOL", state: "repairing", job_id: "job_repair" }),
      ],
    }),
  ),
  http.post(`${V1}/positions/preflight`, () => {
    const known = preflight("1000", "2.0");
    const paused = { key: "not_paused", label: "Opening is allowed", passed: false, figure: "The operator has paused opening: Hyperliquid is under maintenance until 15:00", limit: "not paused", remedy: "Wait until it is resumed; closing works.", code: "RSK-0007" };
    const held = { key: "not_held_back", label: "Nothing has just failed here", passed: false, figure: "failed 3 times in a row", limit: "wait 20 minutes", remedy: "Opening is held back until 21 November 15:20 UTC because Hyperliquid refused the short.", code: "RSK-0008" };
    return json({ ...known, passed: false, checks: [...known.checks, paused, held] });
  }),
  http.get(`${V1}/positions/jobs/:id`, () =>
    json(job({ kind: "close", waiting_for: "Asgard", waiting_since: sample.NOW, remains: ["long of 46.1920 jitoSOL on Solana"], steps: [
      { name: "close_short", title: "Short being bought back", status: "done", attempt: 1, seconds: "0.8", detail: "56.87 SOL at $218.94" },
      { name: "close_long", title: "Long being sold on Solana", status: "failed", attempt: 2, seconds: "4.0", detail: "Asgard does not answer" },
    ] })),
  ),
  http.get(`${V1}/positions/pos_3`, () =>
    json(sample.position({ id: "pos_3", asset: "SOL", state: "quarantined", failure: { code: "POS-0005", message: "the venue lists the long as SOL at MARGINFI" }, alarms: [quarantine()] })),
  ),
  http.get(`${V1}/positions/pos_4`, () =>
    json(sample.position({ id: "pos_4", asset: "mSOL", state: "closing_long", job_id: "job_close", alarms: [alarm({ kind: "leg_lost", position_id: "pos_4" })] })),
  ),
  http.get(`${V1}/positions/pos_2`, () => json(sample.position(STUCK))),
  ...handlers,
];
