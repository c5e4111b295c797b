/** Sample intents: one that waits, and those of before. */
import type { CheckResult, IntentResponse } from "../api/schema.gen";
import { NOW } from "./fixtures";

const at = (days: number) => new Date(new Date(NOW).getTime() + days * 24 * 3_600_000).toISOString();

export const criterion = (key: string, label: string, figure: string, limit: string, remedy: string | null = null): CheckResult => ({
  key,
  label,
  passed: remedy === null,
  figure,
  limit,
  remedy,
  code: "RSK-0001",
});

export const CRITERIA: CheckResult[] = [
  criterion("short_earns_now", "The short earns, now", "10.95%", "at least 15.00% a year", "4.05 points missing."),
  criterion("short_earns_next", "The short earns, next hour", "10.95%", "at least 15.00% a year", "4.05 points missing."),
  criterion("net", "Left on your capital after borrowing", "16.6%", "at least 10.00% a year"),
  criterion("steady", "Funding is steady", "0.18", "at most 0.50"),
  criterion("lender_capacity", "The lender can lend it", "$2,080,000.00", "at least $658.31"),
  criterion("fresh_data", "Data is fresh and undisputed", "all of it", "all of it"),
  criterion("lender", "A lender takes jitoSOL", "Kamino", "any that is switched on"),
  criterion("safe_leverage", "Leverage is safe there", "2.0x", "at most 2.7x"),
  criterion("prices_agree", "Venues agree on the price", "0.01% apart", "at most 0.53%"),
  criterion("lst_value", "jitoSOL trades at its value", "-0.03% below", "at most 1.0% below"),
  criterion("not_paused", "Opening is allowed", "not paused", "not paused"),
  criterion("own_limits", "Inside your limits", "1 open", "at most 3"),
  criterion("one_at_a_time", "Nothing else of yours is being opened", "none", "none"),
  criterion("not_held_back", "Nothing has just failed here", "no failures", "none that holds back"),
];

export const intent = (change: Partial<IntentResponse> = {}): IntentResponse => ({
  id: "intent_1",
  asset: "jitoSOL",
  protocol: null,
  protocol_name: null,
  size_usd: "1200.00",
  leverage: "2.0",
  min_funding_apr: "0.15",
  min_funding_rate: "-0.15",
  max_funding_volatility: "0.50",
  max_entry_price: null,
  min_net_apr: "0.10",
  max_break_even_days: null,
  status: "active",
  is_opening: false,
  created_at: at(-2),
  expires_at: at(5),
  ended_at: null,
  executed_at: null,
  position_id: null,
  job_id: null,
  execution_error: null,
  retry_at: null,
  verdict: "wait",
  reason: "The short earns, now: 10.95%, at least 15.00% a year.",
  criteria: CRITERIA,
  judged_at: NOW,
  criteria_snapshot: null,
  ...change,
});

const ended = (change: Partial<IntentResponse>) => intent({ verdict: null, reason: null, criteria: [], judged_at: null, ...change });

export const earlier = (): IntentResponse[] => [
  ended({
    id: "intent_executed",
    status: "executed",
    size_usd: "12400.00",
    min_funding_apr: "0.12",
    created_at: at(-35),
    ended_at: at(-31),
    executed_at: at(-31),
    position_id: "pos_2",
    job_id: "job_open",
    criteria_snapshot: {
      at: at(-31),
      reason: "Everything you asked for holds.",
      criteria: CRITERIA.map((check) => ({ ...check, passed: true, remedy: null })),
      mark_price: "201.30",
      funding_now: "0.1281",
      funding_next: "0.1304",
      funding_volatility: "0.11",
      net_apr: "0.171",
    },
  }),
  ended({ id: "intent_expired", status: "expired", size_usd: "9600.00", created_at: at(-49), ended_at: at(-42) }),
  ended({
    id: "intent_failed",
    status: "failed",
    asset: "SOL",
    created_at: at(-60),
    ended_at: at(-59),
    execution_error: { code: "HLQ-0006", message: "The short could not be filled. The long was sold again." },
  }),
];

/** What opening by an operator's pause looks like. */
export const heldBack = (): IntentResponse =>
  intent({
    verdict: "refuse",
    reason: "Opening is allowed: The kill switch is on: drill, not paused.",
    criteria: CRITERIA.map((check) =>
      check.key === "not_paused"
        ? { ...check, passed: false, figure: "The kill switch is on: drill", remedy: "It goes on when opening is resumed." }
        : check,
    ),
  });
