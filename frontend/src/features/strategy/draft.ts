/** A wish as it is typed: figures a person reads, and back to what the API takes. */
import type { StrategyBound, StrategyFields, StrategySave } from "../../api/schema.gen";
import { compare, type Decimal, divide, isDecimal, multiply, rounded } from "../../lib/decimal";
import { figure } from "../../lib/format";
import { EIGHT_HOURS_A_YEAR, yearly } from "../../lib/funding";

export type StrategyChange = Omit<StrategySave, "version">;

/** Percent a year of a rate for 8 hours. */
const YEARLY_PERCENT = multiply(EIGHT_HOURS_A_YEAR, "100");

/** Fields that are typed, with what one unit of the API is on screen. */
const SCALES = {
  min_carry_apy: "1",
  min_funding_rate_8hr: YEARLY_PERCENT,
  max_funding_volatility: "1",
  max_position_pct: "100",
  max_concurrent_positions: "1",
  max_leverage: "1",
  min_exit_carry_apy: "1",
  take_profit_pct: "1",
  stop_loss_pct: "1",
  cooldown_minutes: "1",
  exit_funding_rate_8hr: YEARLY_PERCENT,
  patience_hours: "1",
  min_hold_hours: "1",
  planned_hold_days: "1",
} as const;

export type Typed = keyof typeof SCALES;
const WHOLE = new Set<Typed>(["max_concurrent_positions", "cooldown_minutes", "patience_hours", "min_hold_hours", "planned_hold_days"]);
/** May stay empty: then there is no limit. */
const CLEARABLE = new Set<Typed>(["take_profit_pct"]);
export const TYPED = Object.keys(SCALES) as Typed[];

export interface Draft {
  texts: Record<Typed, string>;
  assets: string[];
  auto_reopen: boolean;
  funding_exit: StrategyFields["funding_exit"];
}

function trimmed(value: Decimal): string {
  return value.includes(".") ? value.replace(/\.?0+$/, "") : value;
}

const figureText = (value: Decimal) => figure(value, 4).replace(/\.?0+$/, "");

function shown(field: Typed, value: string | number | null): string {
  if (value === null) return "";
  return trimmed(rounded(multiply(String(value), SCALES[field]), 4));
}

/** What is saved, as it is shown in the fields. */
export function draftOf(config: StrategyFields): Draft {
  const texts = Object.fromEntries(TYPED.map((field) => [field, shown(field, config[field])])) as Draft["texts"];
  return { texts, assets: config.assets, auto_reopen: config.auto_reopen, funding_exit: config.funding_exit };
}

/** Fields whose text is not a number. */
export function unreadable(draft: Draft): Typed[] {
  return TYPED.filter((field) => {
    const text = draft.texts[field].trim();
    if (text === "") return !CLEARABLE.has(field);
    return !isDecimal(text) || (WHOLE.has(field) && !/^\d+$/.test(text));
  });
}

/** Fields outside what the server takes, each with what it takes, in the units of the screen. */
export function outside(draft: Draft, bounds: StrategyBound[]): Partial<Record<Typed, string>> {
  const wrong: Partial<Record<Typed, string>> = {};
  const unread = new Set(unreadable(draft));
  for (const { field, least, most } of bounds) {
    const name = TYPED.find((one) => one === field);
    const text = name === undefined ? "" : draft.texts[name].trim();
    if (name === undefined || text === "" || unread.has(name)) continue;
    const [low, high] = [multiply(least, SCALES[name]), multiply(most, SCALES[name])];
    if (compare(text, low) < 0 || compare(text, high) > 0) wrong[name] = `Between ${figureText(low)} and ${figureText(high)}.`;
  }
  return wrong;
}

/** What of the draft differs from what is saved, as the API takes it. */
export function changes(config: StrategyFields, draft: Draft): StrategyChange {
  const saved = draftOf(config);
  const change: Record<string, unknown> = {};
  for (const field of TYPED) {
    const text = draft.texts[field].trim();
    if (text === saved.texts[field]) continue;
    if (text === "") change[field] = null;
    else if (WHOLE.has(field)) change[field] = Number(text);
    else change[field] = divide(text, SCALES[field]);
  }
  if (draft.assets.join() !== saved.assets.join()) change["assets"] = draft.assets;
  if (draft.auto_reopen !== saved.auto_reopen) change["auto_reopen"] = draft.auto_reopen;
  if (draft.funding_exit !== saved.funding_exit) change["funding_exit"] = draft.funding_exit;
  return change as StrategyChange;
}

/** Whether two wishes have the same thresholds; whether they run does not count. */
export function isSame(one: StrategyFields, other: StrategyFields): boolean {
  const typed = TYPED.every((field) => {
    const [a, b] = [one[field], other[field]];
    return a === null || b === null ? a === b : compare(String(a), String(b)) === 0;
  });
  return typed && one.assets.join() === other.assets.join() && one.auto_reopen === other.auto_reopen && one.funding_exit === other.funding_exit;
}

/** What the short must earn for entering and the line for leaving, as yearly fractions. */
export function fundingLines(config: StrategyFields): { enter: Decimal; leave: Decimal } {
  return { enter: yearly(config.min_funding_rate_8hr), leave: yearly(config.exit_funding_rate_8hr) };
}
