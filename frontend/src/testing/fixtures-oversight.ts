/** Sample answers about alarms and pauses. */
import type { AlarmEntry, ControlResponse, PauseEntry } from "../api/schema.gen";

/** Raised three minutes ago, acting by itself in seven, unless told otherwise. */
export const alarm = (change: Partial<AlarmEntry> = {}): AlarmEntry => {
  const now = Date.now();
  return {
    id: "alarm_1",
    kind: "orphan_exposure",
    message: "The account at Hyperliquid holds 2 SOL short that belongs to no position.",
    position_id: null,
    raised_at: new Date(now - 168_000).toISOString(),
    age_seconds: 168,
    exposure_sol: "-2",
    exposure_usd: "-437.84",
    tried: null,
    acts_at: new Date(now + 432_000).toISOString(),
    action: "Close it, reduce-only, and book what it brings.",
    acknowledged_at: null,
    resolved_at: null,
    is_open: true,
    can_retry: false,
    ...change,
  };
};

export const stuckAlarm = (change: Partial<AlarmEntry> = {}): AlarmEntry =>
  alarm({
    id: "alarm_2",
    kind: "stuck_unwind",
    message: "This position is not closed: Asgard refused the close 3 times. Close it again to retry.",
    position_id: "pos_2",
    exposure_sol: "56.95",
    exposure_usd: "12466.92",
    tried: "Short being bought back once; Long being sold on Solana 3 times, last: slippage above 0.5%",
    acts_at: null,
    action: null,
    can_retry: true,
    ...change,
  });

export const pastAlarm = (): AlarmEntry =>
  alarm({
    id: "alarm_0",
    kind: "leg_lost",
    message: "The position lost 2 SOL of its short without an order of ours: a liquidation, an auto-deleveraging, or somebody else's hand.",
    position_id: "pos_2",
    exposure_sol: "2",
    exposure_usd: "437.84",
    acts_at: null,
    action: null,
    age_seconds: 14,
    is_open: false,
    resolved_at: new Date().toISOString(),
  });

export const pause = (change: Partial<PauseEntry> = {}): PauseEntry => ({
  by: "user",
  is_for_everybody: false,
  reason: "I am on holiday",
  since: "2026-11-21T15:40:00Z",
  can_lift: true,
  lifted_by: ["user"],
  details: {},
  ...change,
});

const TOLD: Record<string, string> = {
  user: "You have paused opening",
  operator: "The operator has paused opening",
  system: "Opening was paused for safety",
  kill_switch: "The kill switch is on",
};

/** What is allowed under these pauses, the strongest first. */
export const control = (...pauses: PauseEntry[]): ControlResponse => ({
  may_open: pauses.length === 0,
  may_close: true,
  paused_by: pauses[0]?.by ?? null,
  message: pauses[0] ? `${TOLD[pauses[0].by]}: ${pauses[0].reason}` : null,
  pauses,
});
