/** Sample answers of the API for component tests and for looking at pages; never part of the build. */
import type {
  BalancesResponse,
  ConfigResponse,
  DepositsResponse,
  FundingHistoryResponse,
  HistoryResponse,
  MeResponse,
  PositionResponse,
  RatesResponse,
  TimelineResponse,
} from "../api/schema.gen";

export const NOW = "2025-09-23T14:00:08Z";
const hostNow = () => new Date().toISOString();

export const config = (): ConfigResponse => ({
  mode: "paper",
  is_replay: true,
  version: "0.1.0",
  privy: { app_id: "cpaper0000000000000000000", auth_url: "http://paper.test/privy" },
  paper: { control_url: "http://paper.test", mailbox_url: "http://paper.test/mailbox" },
  limits: {
    size_min_usd: "100",
    size_max_usd: "50000",
    leverage_min: "1.1",
    leverage_max: "4",
    leverage_default: "2.0",
    deposit_min_usdc: "5",
    deposit_max_usdc: "25000",
  },
  market_time: NOW,
});

export const SOLANA = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";
export const EVM = "0x52908400098527886e0f7030069857d2e4169ee7";

export const me = (): MeResponse => ({
  user_id: "did:privy:ingrid",
  email: "ingrid@example.org",
  created_at: "2025-07-01T10:00:00Z",
  is_new_user: false,
  wallets_ready: true,
  solana_address: SOLANA,
  evm_address: EVM,
  session_expires_at: "2025-09-30T10:00:00Z",
});

export const balances = (change: Partial<BalancesResponse> = {}): BalancesResponse => ({
  solana: { address: SOLANA, sol: "0.2140", usdc: "690.47", tokens: [] },
  arbitrum: { address: EVM, eth: "0.0048", usdc: "400.00" },
  hyperliquid: { address: EVM, account_value_usd: "7624.20", withdrawable_usdc: "620.00", margin_used_usdc: "7004.20", exists: true },
  positions_equity_usd: "12578.77",
  under_way_usd: "0",
  total_usd: "14356.18",
  failures: [],
  observed_at: hostNow(),
  ...change,
});

export const emptyBalances = (): BalancesResponse =>
  balances({
    solana: { address: SOLANA, sol: "0", usdc: "0", tokens: [] },
    arbitrum: { address: EVM, eth: "0", usdc: "0" },
    hyperliquid: { address: EVM, account_value_usd: "0", withdrawable_usdc: "0", margin_used_usdc: "0", exists: false },
    positions_equity_usd: "0",
    total_usd: "0",
  });

const FRESH = { state: "fresh" as const, reason: null, age_seconds: 4 };

const lender = (change: Partial<RatesResponse["lenders"][number]>): RatesResponse["lenders"][number] => ({
  protocol: 1,
  protocol_name: "Kamino",
  asset: "jitoSOL",
  supply_apy: "0.0010",
  borrow_apy: "0.0470",
  staking_apy: "0.0655",
  net_apr: "0.166",
  break_even_days: "8.6",
  safe_leverage: "2.7",
  opening_health: "0.375",
  borrow_capacity_usdc: "116700000",
  can_defend: true,
  is_enabled: true,
  age_seconds: 4,
  unavailable: null,
  quality: FRESH,
  ...change,
});

export const rates = (leverage = "2.0"): RatesResponse => ({
  leverage,
  mark_price: "218.92",
  oracle_price: "218.91",
  funding: {
    now_apr: "0.1095",
    predicted_apr: "0.1095",
    mean_24h_apr: "0.1095",
    mean_7d_apr: "0.1412",
    now_hourly: "0.0000125",
    age_seconds: 4,
    quality: FRESH,
  },
  lenders: [
    lender({}),
    lender({ asset: "SOL", supply_apy: "0.0566", staking_apy: "0", net_apr: "0.155", break_even_days: "9.1" }),
    lender({ protocol: 0, protocol_name: "Marginfi", borrow_apy: "0.0819", net_apr: "0.148", break_even_days: "9.9", can_defend: false, is_enabled: false, age_seconds: 180 }),
    lender({ protocol: 2, protocol_name: "Solend", net_apr: null, break_even_days: null, can_defend: false, is_enabled: false, age_seconds: 2340, unavailable: "has not answered since 13:21 UTC" }),
  ],
  price: FRESH,
  is_stale: false,
  market_time: NOW,
});

export const funding = (hours: number): FundingHistoryResponse => {
  const end = new Date(NOW).getTime() - (new Date(NOW).getTime() % 3_600_000);
  return {
    hours: Array.from({ length: hours }, (_, index) => {
      const wave = Math.sin(index / 9) * Math.sin(index / 31);
      const peak = index % 71 === 40 ? 0.9 : 0;
      const apr = (0.1095 + (wave > 0.4 ? wave * 0.4 : wave < -0.6 ? wave * 0.25 : 0) + peak).toFixed(6);
      return { hour: new Date(end - (hours - index) * 3_600_000).toISOString(), income_apr: apr, income_hourly: "0.0000125" };
    }),
    missing: 0,
  };
};

export const position = (change: Partial<PositionResponse> = {}): PositionResponse => ({
  id: "pos_2",
  asset: "jitoSOL",
  protocol: 1,
  protocol_name: "Kamino",
  state: "hedged",
  size_usd: "12400",
  leverage: "2.0",
  requested_at: "2025-08-22T23:59:40Z",
  hedged_at: "2025-08-23T00:00:00Z",
  closed_at: null,
  failure: null,
  job_id: null,
  mark_price: "218.92",
  long: {
    collateral: "46.1920",
    redemption_rate: "1.2329",
    sol_equivalent: "56.95",
    value_usd: "12466.92",
    debt_usdc: "6892.35",
    equity_usd: "5574.57",
    leverage: "2.24",
    health: "0.309",
    liquidation_price: "151.28",
    liquidation_distance: "-0.309",
    defence_price: "177.98",
  },
  short: {
    size_sol: "56.87",
    entry_price: "200.96",
    value_usd: "12450.04",
    margin_usdc: "7004.20",
    leverage: "1.78",
    margin_fraction: "0.563",
    liquidation_price: "333.74",
    liquidation_distance: "0.524",
    defence_price: "290.21",
  },
  delta_sol: "0.08",
  delta_fraction: "0.0014",
  equity_usd: "12578.77",
  result: {
    funding: "159.74",
    staking: "76.64",
    lending: "1.20",
    borrowing: "-34.44",
    fees: "-39.54",
    price_residual: "15.17",
    total: "178.77",
  },
  costs_earned_back: "3.83",
  net_apr: "0.146",
  age_seconds: 4,
  alarms: [],
  defence: {
    long_distance: "0.309",
    short_distance: "0.524",
    trigger: "0.15",
    emergency: "0.05",
    restores: "0.375",
    is_busy: false,
    next_actions: [
      { when: "below", price: "177.97", act: "cut", leg: "long", fraction: "0.38", told: "Below $177.97 we cut 38% of both legs" },
      { when: "above", price: "290.22", act: "cut", leg: "short", fraction: "0.58", told: "Above $290.22 we cut 58% of both legs" },
    ],
  },
  ...change,
});

export const ended = (): PositionResponse =>
  position({
    id: "pos_1",
    state: "closed",
    size_usd: "9500",
    hedged_at: "2025-07-02T12:00:00Z",
    closed_at: "2025-08-02T12:00:00Z",
    mark_price: null,
    long: null,
    short: null,
    delta_sol: null,
    delta_fraction: null,
    equity_usd: "0",
    result: { funding: "186.83", staking: "64.38", lending: "0.93", borrowing: "-32.13", fees: "-41.51", price_residual: "-1.09", total: "177.41" },
    net_apr: null,
    age_seconds: null,
  });

export const history = (positions: PositionResponse[] = [ended()]): HistoryResponse => ({
  positions,
  totals: positions[0]?.result ?? { funding: "0", staking: "0", lending: "0", borrowing: "0", fees: "0", price_residual: "0", total: "0" },
});

export const timeline = (): TimelineResponse => ({
  entries: [
    { at: "2025-08-22T23:59:41Z", name: "set_leverage", title: "Leverage set on Hyperliquid", status: "done", attempt: 1, seconds: "0.6", detail: "2x isolated", error: null, kind: "step", hash: "3f9c2a7be011" },
    { at: "2025-08-22T23:59:42Z", name: "open_long", title: "Long bought on Solana", status: "done", attempt: 1, seconds: "5.3", detail: "55.2642 jitoSOL at $200.68 per SOL", error: null, kind: "step", hash: "3f9c2a7be011" },
    { at: "2025-08-22T23:59:48Z", name: "open_short", title: "Short placed on Hyperliquid", status: "refused", attempt: 1, seconds: "0.9", detail: null, error: { code: "HLQ-0005", message: "Hyperliquid refused the order" }, kind: "step", hash: "3f9c2a7be011" },
    { at: "2025-08-22T23:59:50Z", name: "open_short", title: "Short placed on Hyperliquid", status: "done", attempt: 2, seconds: "0.7", detail: "67.76 SOL at $200.80, sized from what the long really filled", error: null, kind: "step", hash: "3f9c2a7be011" },
    { at: "2025-08-23T00:00:00Z", name: "validate", title: "Both legs match", status: "done", attempt: 1, seconds: "0.4", detail: "0.02% apart", error: null, kind: "step", hash: "3f9c2a7be011" },
  ],
});

export const deposits = (): DepositsResponse => ({
  moves: [
    { job_id: "job_m1", position_id: "p1", to: "short", amount_usdc: "180", fees_usdc: "0", status: "running", place: "burned", is_certain: true, created_at: "2025-08-20T09:12:00Z", finished_at: null, error: null },
  ],
  deposits: [
    { job_id: "job_d2", amount_usdc: "647.62", status: "completed", stage: "credited", transaction_hash: "0x8f2e4d7fa41b9cc0aa4e11d7", created_at: "2025-08-19T09:12:00Z", finished_at: "2025-08-19T09:12:52Z", error: null },
    { job_id: "job_d1", amount_usdc: "4500", status: "completed", stage: "credited", transaction_hash: "0x11d78f2e4d7fa41b9cc0aa4e", created_at: "2025-07-01T10:03:00Z", finished_at: "2025-07-01T10:03:48Z", error: null },
  ],
});
