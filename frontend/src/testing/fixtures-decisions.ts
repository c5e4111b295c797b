/** Sample decisions: a position that is held and was cut, an intent that waits, a strategy that waits. */
import type { CheckResult, DecisionEntry } from "../api/schema.gen";
import { NOW } from "./fixtures";
import { criterion, CRITERIA } from "./fixtures-intents";

const minutesAgo = (minutes: number) => new Date(new Date(NOW).getTime() - minutes * 60_000).toISOString();

const entry = (number: number, change: Partial<DecisionEntry>): DecisionEntry => ({
  id: `card_${number}`,
  number,
  subject: "position:pos_2",
  position_id: "pos_2",
  decided_at: minutesAgo(34),
  confirmed_at: minutesAgo(1),
  verdict: "hold",
  measure: null,
  reason: "14.6% a year is left on the capital, above 4.0%.",
  criteria: [],
  rule: "strategy.exit",
  version: 1,
  inputs: [],
  thresholds: [],
  ...change,
});

const failed = (check: CheckResult): CheckResult => ({ ...check, passed: false });

export const held = (): DecisionEntry =>
  entry(41, {
    criteria: [
      criterion("stop_loss", "Result so far, at worst", "+$178.77", "a loss under $1,240.00"),
      criterion("take_profit", "Result so far, at best", "+$178.77", "no upper limit"),
      criterion("funding", "The short earned, on average", "10.95%", "above 0.00% a year"),
      criterion("carry", "Left on the capital", "14.6%", "at least 4.0%"),
    ],
    inputs: [
      { name: "now", value: minutesAgo(34) },
      { name: "hedged_at", value: "2025-08-23T00:00:00+00:00" },
      { name: "size_usd", value: "12400" },
      { name: "result_usd", value: "178.7712" },
      { name: "earned_back", value: "3.83" },
      { name: "income_now", value: "0.1095" },
      { name: "income_predicted", value: null },
      { name: "income_mean", value: "0.1095" },
      { name: "carry_mean", value: "0.146231" },
      { name: "bled_usd", value: "0" },
      { name: "round_trip_usd", value: "39.5412" },
    ],
    thresholds: [
      { name: "min_exit_carry_apy", value: "4" },
      { name: "take_profit_pct", value: null },
      { name: "stop_loss_pct", value: "10" },
      { name: "assets.1", value: "SOL" },
      { name: "assets.2", value: "jitoSOL" },
      { name: "patience_hours", value: "24" },
      { name: "exit_funding_rate_8hr", value: "-0.00001" },
    ],
  });

export const cut = (): DecisionEntry =>
  entry(32, {
    rule: "risk.defence",
    verdict: "reduce",
    measure: "cut 0.16",
    decided_at: minutesAgo(5 * 24 * 60),
    confirmed_at: null,
    reason: "SOL came within 14.7 % of the short's liquidation; 16 % of both legs goes.",
    criteria: [
      criterion("long_room", "The long has room", "38.1 %", "more than 15 %"),
      failed(criterion("short_room", "The short has room", "14.7 %", "more than 15 %")),
    ],
    inputs: [
      { name: "price", value: "247.10" },
      { name: "legs.value_usd", value: "16743.91" },
      { name: "legs.threshold", value: "0.8" },
      { name: "rails.1.least_usd", value: "25" },
      { name: "rails.1.has_bridge", value: "no" },
    ],
    thresholds: [{ name: "trigger", value: "0.15" }],
  });

export const opened = (): DecisionEntry =>
  entry(12, {
    rule: "entry.preflight",
    verdict: "enter",
    decided_at: "2025-08-22T23:59:40Z",
    confirmed_at: null,
    reason: "Every check before sending passes.",
    criteria: CRITERIA.map((check) => ({ ...check, passed: true, remedy: null })),
  });

export const ofPosition = (): DecisionEntry[] => [held(), cut(), opened()];

export const waited = (change: Partial<DecisionEntry> = {}): DecisionEntry =>
  entry(44, {
    subject: "intent:intent_1",
    position_id: null,
    rule: "entry.intent",
    verdict: "wait",
    reason: "The short earns, now: 10.95%, at least 15.00% a year.",
    criteria: CRITERIA,
    inputs: [
      { name: "market.asset", value: "jitoSOL" },
      { name: "market.protocol", value: "1" },
      { name: "market.mark_price", value: "218.92" },
      { name: "market.funding_now", value: "0.1095" },
      { name: "market.funding_next", value: null },
      { name: "person.positions_held", value: "1" },
      { name: "person.is_opening", value: "no" },
      { name: "size_usd", value: "1200" },
    ],
    thresholds: [
      { name: "criteria.min_funding_apr", value: "0.15" },
      { name: "bounds.positions_max", value: "3" },
    ],
    ...change,
  });

export const decisions = (about: { position_id: string | null; subject: string | null }): DecisionEntry[] => {
  if (about.position_id !== null) return ofPosition();
  if (about.subject?.startsWith("intent:")) return [waited()];
  if (about.subject?.startsWith("strategy:")) {
    return [waited({ subject: about.subject, rule: "strategy.entry", reason: "The short earned over a day: 4.10%, at least 5.48% a year." })];
  }
  return [waited(), ...ofPosition()];
};
