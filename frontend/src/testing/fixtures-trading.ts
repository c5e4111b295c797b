/** Sample answers about checks and jobs. */
import type { JobResponse, PreflightResponse } from "../api/schema.gen";
import { NOW } from "./fixtures";

const check = (key: string, label: string, figure: string, limit: string, remedy: string | null = null, code: string | null = null) => ({
  key,
  label,
  passed: remedy === null,
  figure,
  limit,
  remedy,
  code,
});

export const preflight = (size: string, leverage: string): PreflightResponse => {
  const isUnsafe = Number(leverage) > 2.7;
  const isLarge = Number(size) > 1254;
  const checks = [
    check("usdc_solana", "USDC on Solana", "$690.47", isLarge ? "at least $1,576.21" : "at least $660.70", isLarge ? "Send $885.74 more USDC to Solana." : null, isLarge ? "WAL-0002" : null),
    check("margin", "Free margin on Hyperliquid", "$620.00", isLarge ? "at least $923.79" : "at least $539.30", isLarge ? "Move $303.79 more to Hyperliquid." : null, isLarge ? "HLQ-0003" : null),
    check("leverage", "Leverage is safe on Kamino", isUnsafe ? "health 16.7%" : "health 37.5%", "at least 20%", isUnsafe ? "Choose 2.7x or less." : null, isUnsafe ? "ASG-0009" : null),
    check("funding", "The short earns, now and next hour", "10.95% and 10.95%", "above 0% a year"),
    check("pays", "It pays after borrowing", "16.6% a year", "above 0%"),
    check("price", "Venues agree on the price", "0.01% apart", "at most 0.5%"),
    check("lst", "jitoSOL trades at its value", "0.03% below", "at most 1% below"),
    check("orders", "Both orders are large enough", "6.01 SOL", "at least $10"),
    check("fees", "Network fees are covered", "0.2140 SOL", "at least 0.02 SOL"),
    check("limits", "Inside your limits", "position 2 of 2", "at most 2"),
    check("fresh", "Data is fresh", "price 4 s, rates 4 s", "at most 10 s and 60 s"),
  ];
  return {
    passed: checks.every((one) => one.passed),
    checks,
    quote: {
      asset: "jitoSOL",
      protocol: 1,
      protocol_name: "Kamino",
      collateral_usdc: isLarge ? "1576.21" : "660.70",
      margin_usdc: isLarge ? "923.79" : "539.30",
      collateral_share: isLarge ? "0.630" : "0.551",
      collateral_tokens: isLarge ? "17.4284" : "4.8758",
      borrow_usdc: isLarge ? "3137.45" : "658.31",
      short_sol: isLarge ? "21.49" : "6.01",
      short_leverage: "2.4",
      mark_price: "218.92",
      opening_health: isUnsafe ? "0.167" : "0.375",
      safe_leverage: "2.7",
      long_liquidation_price: isUnsafe ? "182.52" : "136.89",
      short_liquidation_price: isUnsafe ? "255.40" : "301.01",
      long_defence_price: isUnsafe ? "214.73" : "161.04",
      short_defence_price: isUnsafe ? "222.09" : "261.75",
      cost_open_usd: isLarge ? "12.42" : "3.78",
      cost_close_usd: isLarge ? "5.36" : "1.80",
      net_apr: "0.166",
      earns_daily_usd: isLarge ? "1.85" : "0.54",
      break_even_days: "10.3",
      break_even_days_half_funding: "16.4",
      break_even_days_no_funding: "40.8",
    },
  };
};

export const job = (change: Partial<JobResponse> = {}): JobResponse => ({
  job_id: "job_open",
  kind: "open",
  status: "running",
  position_id: "pos_3",
  amount_usdc: null,
  created_at: NOW,
  started_at: NOW,
  finished_at: null,
  error: null,
  waiting_for: null,
  waiting_since: null,
  remains: [],
  steps: [
    { name: "set_leverage", title: "Leverage set on Hyperliquid", status: "done", attempt: 1, seconds: "0.6", detail: null },
    { name: "open_long", title: "Long bought on Solana", status: "done", attempt: 1, seconds: "5.3", detail: "4.8758 jitoSOL" },
    { name: "open_short", title: "Short being placed", status: "running", attempt: 1, seconds: null, detail: "sized from what the long really filled" },
    { name: "validate", title: "Both legs compared", status: "waiting", attempt: 1, seconds: null, detail: null },
  ],
  ...change,
});
