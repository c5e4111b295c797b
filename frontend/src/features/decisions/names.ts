/** The names and values of what a rule looked at, made readable; the exact text stays as a title. */
import type { FigureEntry } from "../../api/schema.gen";
import { absolute, compare, type Decimal, isDecimal, isZero, multiply, rounded } from "../../lib/decimal";
import { figure, leverage, MINUS, money } from "../../lib/format";
import { moment } from "../../lib/time";

/** By the whole name, or by its last part. */
const LABELS: Record<string, string> = {
  "market.funding.now": "The short earns now",
  "market.funding.predicted": "The short earns, next hour",
  "market.funding.day": "The short earned over a day",
  "market.funding.volatility": "How unsteady funding is",
  "price.at": "Price of",
  "price.belief": "The price is",
  "price.doubt": "What speaks against the price",
  "costs.long": "Cost of selling of the long",
  "costs.short": "Cost of buying back the short",
  "criteria.min_funding_apr": "The short must earn at least",
  "criteria.max_funding_volatility": "Funding may be as unsteady as",
  "criteria.max_entry_price": "SOL may cost at most",
  "criteria.min_net_apr": "Left on the capital, at least",
  "criteria.max_break_even_days": "Costs must come back within",
  "snapshot.taken_at": "Snapshot taken",
  "split.opening_health.value": "Opening health",
  "snapshot.perp.funding_now.longs_pay_hourly": "Longs pay an hour",
  "carry.funding.value": "Funding on the capital",
  "carry.lending.value": "Lending on the capital",
  "carry.staking.value": "Staking on the capital",
  "carry.borrowing.value": "Borrowing on the capital",
  "lender.collateral_supply.value": "Lender pays on collateral",
  "lender.usdc_borrow.value": "Lender asks for USDC",
  again: "Defended again at",
  bled_usd: "Lost since income was highest",
  borrow_share: "Borrowed for a dollar of capital",
  carry_mean: "Left on the capital, on average",
  earned_back: "Costs earned back, times",
  emergency: "Emergency at",
  funding_next: "The short earns, next hour",
  funding_now: "The short earns now",
  funding_volatility: "How unsteady funding is",
  hedged_at: "Held since",
  income_mean: "The short earned, on average",
  income_now: "The short earns now",
  income_predicted: "The short earns, next hour",
  is_blind: "Price or funding cannot be believed",
  is_busy: "Something of yours is being changed",
  is_changing: "The legs are being changed",
  is_idle: "Nothing is being done with it",
  is_long_known: "The lender says what the long holds",
  is_moving: "Money is on its way",
  is_opening: "Something of yours is being opened",
  lender_free_usdc: "The lender can lend",
  lst_discount: "Token below its value",
  mark_price: "SOL at Hyperliquid",
  max_position_pct: "Share of the money in one position",
  min_carry_apy: "Get in from",
  min_exit_carry_apy: "Leave below",
  min_funding_rate_8hr: "The short must earn in 8 hours",
  exit_funding_rate_8hr: "Leave when it earns less in 8 hours",
  near: "Dangers that stand",
  net_apr: "Left on the capital, a year",
  now: "Time of the market",
  oracle_price: "SOL by the lender’s oracle",
  payback_days: "A move must pay back within",
  positions_held: "Positions held",
  positions_max: "Positions at most",
  price: "SOL",
  redemption_rate: "SOL a token redeems for",
  result_usd: "Result so far",
  round_trip_usd: "Leaving and coming back costs",
  seen_seconds: "Since the venues were read",
  sells_parts: "The lender lets a part be sold",
  short_raw_usd: "Margin and proceeds behind the short",
  stop_loss_pct: "Stop at a loss of",
  take_profit_pct: "Leave at a gain of",
  target: "Room wanted afterwards",
  trigger: "Defended at",
  unfit: "Data that cannot be used",
};

/** Fractions that are told as percents: by the last part of the name. */
const FRACTIONS = new Set([
  "again", "borrow_share", "carry_mean", "close_part", "collateral_share", "cost_share", "day", "defence_buffer", "defence_share",
  "drawdown", "drawdown_max", "drift_max", "emergency", "emergency_part", "funding_next", "funding_now", "health_exit", "health_near",
  "income_mean", "income_now", "income_predicted", "liquidation_threshold", "lst_discount", "lst_discount_max", "lst_premium_max", "maintenance",
  "maintenance_fraction", "margin_exit", "margin_near", "max_position_pct", "min_funding_apr", "min_net_apr", "net_apr", "predicted",
  "premium", "price_deviation", "price_deviation_max", "delta_deviation_max", "delta_max", "stated_health", "target", "threshold",
  "trigger", "value", "health_at_entry_min", "longs_pay_hourly", "min_funding_rate_8hr", "exit_funding_rate_8hr",
]);
/** Already in percent. */
const PERCENTS = new Set(["min_carry_apy", "min_exit_carry_apy", "take_profit_pct", "stop_loss_pct"]);
const LENDERS: Record<string, string> = { "0": "Marginfi", "1": "Kamino", "2": "Solend", "3": "Drift" };
const UNITS: [part: string, unit: string][] = [["seconds", "s"], ["minutes", "min"], ["hours", "h"], ["days", "days"]];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

const last = (name: string) => name.split(".").findLast((part) => !/^\d+$/.test(part)) ?? name;

/** As many decimals as there are, at most `most`; a figure smaller than that keeps its own. */
function exact(value: Decimal, most = 4): string {
  const isTiny = compare(absolute(value), "0") > 0 && compare(absolute(rounded(value, most)), "0") === 0;
  const text = figure(value, isTiny ? 12 : most);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Two decimals, and more where those would say zero. */
function percents(value: Decimal): string {
  const text = figure(value, 2);
  return `${isZero(rounded(value, 2)) ? exact(value, 6) : text}%`;
}

function measured(name: string, value: Decimal): string {
  const parts = name.split("_");
  if (FRACTIONS.has(name)) return percents(multiply(value, "100"));
  if (PERCENTS.has(name)) return `${exact(value)}%`;
  if (parts.includes("usd")) return money(value);
  if (parts.includes("usdc")) return `${figure(value, 2)} USDC`;
  if (parts.includes("price")) return money(value);
  if (parts.includes("sol")) return `${exact(value)} SOL`;
  if (parts.includes("leverage")) return leverage(value);
  const unit = UNITS.find(([part]) => parts.includes(part));
  return unit ? `${exact(value, 1)} ${unit[1]}` : exact(value);
}

/** What is absent rather than unknown where it has no value. */
const ABSENT = new Set(["doubt", "enabled_at", "held_back", "last_close", "minutes_since", "paused", "purse", "rails", "refused"]);
const NONE = "none";

/** The value in its unit; null where it was not known. */
export function valueOf({ name, value }: FigureEntry): string | null {
  const key = last(name);
  if (value === null) return ABSENT.has(key) ? NONE : null;
  if (key === "protocol" || key === "protocols") return LENDERS[value] ?? value;
  if (TIME.test(value)) return moment(value);
  return isDecimal(value) ? measured(key, value) : (value as string).replace(/^-(?=\d)/, MINUS);
}

/** "Positions at most"; an unknown name in its own words. */
export function labelOf(name: string): string {
  const known = LABELS[name] ?? LABELS[last(name)];
  if (known) return known;
  const parts = name.split(".").filter((part) => part !== "value");
  const own = parts.at(-1) ?? name;
  const words = own.replace(/_8hr$/, " in 8 hours").replace(/_(usd|usdc|pct|apr|seconds|minutes|days)(?=_|$)/g, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface Row {
  name: string;
  label: string;
  /** Null is unknown. */
  value: string | null;
  exact: string | null;
}

/** Several of a kind, one line each. */
export interface Listed {
  name: string;
  label: string;
  lines: string[];
}

const NUMBERED = /^(.*?)\.(\d+)(?:\.(.*))?$/;

/** Single figures, and lists of several figures an item folded into one line each. A limit without a value is none. */
export function laidOut(figures: FigureEntry[], areLimits = false): { rows: Row[]; lists: Listed[] } {
  const rows: Row[] = [];
  const plain = new Map<string, string[]>();
  const items = new Map<string, Map<string, string[]>>();
  for (const one of figures) {
    const [, list, number, inside] = NUMBERED.exec(one.name) ?? [];
    if (list === undefined || number === undefined) {
      rows.push({ name: one.name, label: labelOf(one.name), value: valueOf(one) ?? (areLimits ? NONE : null), exact: one.value });
    } else if (inside === undefined) {
      plain.set(list, [...(plain.get(list) ?? []), valueOf(one) ?? "not known"]);
    } else {
      const lines = items.get(list) ?? new Map<string, string[]>();
      lines.set(number, [...(lines.get(number) ?? []), `${labelOf(inside)}: ${valueOf(one) ?? "not known"}`]);
      items.set(list, lines);
    }
  }
  for (const [name, values] of plain) {
    const text = values.join(", ");
    rows.push({ name, label: labelOf(name), value: text, exact: text });
  }
  const lists = [...items].map(([name, lines]) => ({
    name,
    label: labelOf(name),
    lines: [...lines.values()].map((parts) => parts.join("; ")),
  }));
  return { rows, lists };
}
