/** Sample answers about safety and about what could be entered. */
import type { OpportunitiesResponse, OpportunityEntry, PositionRisk, RiskResponse } from "../api/schema.gen";
import { criterion } from "./fixtures-intents";
import { NOW } from "./fixtures";

export const positionRisk = (change: Partial<PositionRisk> = {}): PositionRisk => ({
  position_id: "pos_2",
  state: "hedged",
  is_judged: true,
  verdict: "hold",
  reason: "Both legs have room, match, and are known.",
  mark_price: "218.92",
  oracle_price: "218.91",
  health: "0.3089",
  stated_health: "0.309",
  long_distance: "0.309",
  long_liquidation_price: "151.28",
  short_distance: "0.5245",
  short_liquidation_price: "333.74",
  margin_fraction: "0.563",
  delta_sol: "0.08",
  drift: "0.0014",
  lst_discount: "0.0003",
  nearest: "long",
  next_below: { rule: "room", action: "reduce", price: "177.98", distance: "-0.187" },
  next_above: { rule: "room", action: "reduce", price: "290.21", distance: "0.3256" },
  timers: [],
  criteria: [
    criterion("long_health", "Health of the long", "30.9%", "more than 10.0%"),
    criterion("short_margin", "Margin behind the short", "56.3%", "more than 10.0%"),
    criterion("room", "Room before liquidation", "30.9%", "more than 15.0%"),
    criterion("drift", "Legs apart", "0.1%", "at most 0.5%"),
  ],
  alarms: [],
  seen_seconds: 4,
  ...change,
});

/** The long has come near, and stays near until two minutes from now. */
export const nearRisk = (): PositionRisk =>
  positionRisk({
    verdict: "reduce",
    reason: "Room before liquidation: 12.1%, more than 15.0% is wanted. Both legs are made smaller.",
    long_distance: "0.121",
    health: "0.121",
    timers: [{ kind: "long", since: "2025-09-23T13:57:08Z", until: "2025-09-23T14:02:08Z" }],
    criteria: [{ ...criterion("room", "Room before liquidation", "12.1%", "more than 15.0%"), passed: false }],
  });

export const risk = (change: Partial<RiskResponse> = {}): RiskResponse => ({
  positions: [positionRisk()],
  account: { peak_usd: "14440.00", balance_usd: "14356.18", drawdown: "0.0058", drawdown_max: "0.2", measured_at: NOW },
  price_state: "fresh",
  price_doubt: null,
  ...change,
});

const way = (change: Partial<OpportunityEntry>): OpportunityEntry => ({
  asset: "jitoSOL",
  protocol: 1,
  protocol_name: "Kamino",
  leverage: "2.5",
  funding_apr: "0.152",
  lending_apr: "0.001",
  staking_apr: "0.091",
  borrowing_apr: "-0.065",
  net_apr: "0.179",
  rebalancing_apr: "0.004",
  net_after_costs_apr: "0.136",
  worst_net_apr: "-0.041",
  cost_usd: "39.54",
  break_even_days: "8.6",
  safe_leverage: "2.7",
  opening_health: "0.25",
  can_defend: true,
  obstacles: [],
  ...change,
});

export const opportunities = (change: Partial<OpportunitiesResponse> = {}): OpportunitiesResponse => ({
  size_usd: "14356.18",
  planned_days: 30,
  year: { days_known: 365, mean_apr: "0.102", worst_apr: "-0.048", window_days: 30, longest_paid_hours: 62 },
  opportunities: [
    way({}),
    way({ asset: "jupSOL", net_after_costs_apr: "0.131" }),
    way({ leverage: "2", net_after_costs_apr: "0.121", worst_net_apr: "-0.022", opening_health: "0.375" }),
    way({ asset: "SOL", leverage: "2", net_after_costs_apr: "0.108", staking_apr: "0", worst_net_apr: "-0.035", break_even_days: "10.2" }),
    way({ leverage: "1.5", net_after_costs_apr: "0.094", worst_net_apr: "0.011", opening_health: "0.583" }),
    way({ asset: "INF", leverage: "1.5", net_after_costs_apr: "0.090", worst_net_apr: null, opening_health: "0.583" }),
    way({ asset: "SOL", leverage: "1.5", net_after_costs_apr: "0.081", break_even_days: "12.4" }),
    way({ leverage: "3", net_after_costs_apr: "0.151", obstacles: ["3x leaves too little room on Kamino"] }),
    way({ protocol: 0, protocol_name: "Marginfi", leverage: "2", obstacles: ["Marginfi is switched off by the operator"], can_defend: false }),
  ],
  ...change,
});
