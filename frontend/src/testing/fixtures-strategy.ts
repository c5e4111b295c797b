/** A strategy as the API tells of it. */
import type { PresetResponse, SettingsResponse, StrategyFields, StrategyResponse } from "../api/schema.gen";

export function wish(more: Partial<StrategyFields> = {}): StrategyFields {
  return {
    enabled: true,
    assets: ["SOL"],
    protocols: null,
    min_carry_apy: "6",
    min_funding_rate_8hr: "0.00005",
    max_funding_volatility: "0.5",
    max_position_pct: "0.9",
    max_concurrent_positions: 2,
    max_leverage: "3",
    min_exit_carry_apy: "4",
    take_profit_pct: null,
    stop_loss_pct: "10",
    auto_reopen: true,
    cooldown_minutes: 30,
    funding_exit: "patience",
    exit_funding_rate_8hr: "0",
    patience_hours: 24,
    patience_cost_factor: "1",
    min_hold_hours: 24,
    planned_hold_days: 30,
    ...more,
  };
}

const check = (key: string, label: string, passed: boolean, figure: string, limit: string, remedy: string | null = null) => ({
  key,
  label,
  passed,
  figure,
  limit,
  remedy,
  code: null,
});

export function strategy(more: Partial<StrategyResponse> = {}): StrategyResponse {
  return {
    config: wish(),
    version: 7,
    updated_at: "2025-08-20T09:00:00Z",
    enabled_at: "2025-07-01T08:00:00Z",
    preset: null,
    status: {
      state: "waiting",
      label: "Waiting for the market",
      reason: "The short earned over a day: 4.10%, at least 5.48% a year.",
      until: null,
      criteria: [
        check("not_paused", "Opening is allowed", true, "not paused", "not paused"),
        check("short_earns_day", "The short earned over a day", false, "4.10%", "at least 5.48% a year"),
        check("pays", "Left a year after borrowing and fees", true, "16.6%, SOL on Kamino at 2.7x", "at least 6.0%"),
      ],
      decided_at: "2025-09-23T14:00:00Z",
    },
    effective: [
      { field: "max_leverage", wish: "3", effective: "2.7", is_capped: true, told: "Above 2.7x Kamino leaves less than 20% of room, and we open with less." },
      { field: "max_concurrent_positions", wish: "2", effective: "2", is_capped: false, told: "Nobody holds more than 3 at a time." },
    ],
    bounds: [],
    funding: { now: "0.1095", predicted: "0.1095", day: "0.041", volatility: "0.18" },
    left_apr: "0.166",
    left_at: "SOL on Kamino at 2.7x",
    positions_held: 0,
    trades_today: 0,
    trades_daily_max: 20,
    paused_at: null,
    paused_reason: null,
    last_close_time: null,
    cooldown_at_close: null,
    ...more,
  };
}

export function presets(...own: PresetResponse[]): { presets: PresetResponse[] } {
  return {
    presets: [
      { name: "conservative", slot: null, config: wish({ enabled: false, min_carry_apy: "15", max_leverage: "2" }) },
      { name: "balanced", slot: null, config: wish({ enabled: false, min_carry_apy: "10" }) },
      ...own,
    ],
  };
}

export const settings = (change: Partial<SettingsResponse> = {}): SettingsResponse => ({
  theme: "system",
  default_asset: "jitoSOL",
  default_leverage: "2",
  default_size_usd: "1000",
  strategy: wish(),
  strategy_version: 7,
  ...change,
});
