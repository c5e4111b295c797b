/** What stands, what follows, and how far an account has fallen, in words. */
import type { AccountRisk, PositionRisk, RiskResponse, RiskStep, RiskTimer } from "../../api/schema.gen";
import { compare, type Decimal, isNegative } from "../../lib/decimal";
import { money, percent } from "../../lib/format";
import { clock, countdown } from "../../lib/time";
import type { VerdictKind } from "../../ui/verdict";

const DANGERS: Record<RiskTimer["kind"], string> = {
  long: "The long is near its liquidation price",
  short: "The short is near its liquidation price",
  depeg: "The staking token trades away from its value",
};

/** "… since 14:00. If it still is in 4:12, the position is closed." Both times are the market's. */
export function timerWords(timer: RiskTimer, marketNow: number): string {
  const left = new Date(timer.until).getTime() - marketNow;
  const since = `${DANGERS[timer.kind]} since ${clock(timer.since)}.`;
  return left > 0 ? `${since} If it still is in ${countdown(left)}, the position is closed.` : `${since} It has stood too long: the position is closed now.`;
}

/** The same beside a figure: "near since 14:00; closed in 4:12 if it stays so". */
export function timerBrief(timer: RiskTimer, marketNow: number): string {
  const left = new Date(timer.until).getTime() - marketNow;
  const what = timer.kind === "depeg" ? "token off its value" : `${timer.kind} near`;
  return `${what} since ${clock(timer.since)}; ${left > 0 ? `closed in ${countdown(left)} if it stays so` : "being closed"}`;
}

/** The timer that ends first over all positions. */
export function firstTimer(positions: PositionRisk[]): RiskTimer | null {
  return positions.flatMap((one) => one.timers).sort((a, b) => new Date(a.until).getTime() - new Date(b.until).getTime())[0] ?? null;
}

/** "Falling to $177.98 (−18.7%): both legs are made smaller." */
export function stepWords(step: RiskStep): string {
  const does = step.action === "exit" ? "the position is closed" : "both legs are made smaller";
  if (compare(step.distance, "0") === 0) return `At the price of now, ${money(step.price)}: ${does}.`;
  const moves = isNegative(step.distance) ? "Falling" : "Rising";
  return `${moves} to ${money(step.price)} (${percent(step.distance, 1, "flow")}): ${does}.`;
}

export function standing(risk: PositionRisk): { kind: VerdictKind; sentence: string } {
  if (!risk.is_judged) return { kind: "unknown", sentence: "It is being opened or left; what is at work on it sees to its safety." };
  if (risk.verdict === null || risk.reason === null) return { kind: "unknown", sentence: "How safe it is cannot be judged: there is no market data." };
  const failing = risk.criteria.some((check) => !check.passed);
  const kind = risk.verdict === "hold" ? (failing || risk.timers.length > 0 ? "caution" : "in") : "alarm";
  return { kind, sentence: risk.reason };
}

/** What speaks against the price; null while nothing does. */
export function doubtOf(risk: RiskResponse): string | null {
  if (risk.price_state === "fresh") return null;
  if (risk.price_state === null) return "There is no price to judge by.";
  return `The price is ${risk.price_state}${risk.price_doubt === null ? "" : `: ${risk.price_doubt.replace(/\.$/, "")}`}.`;
}

/** "The account stands 0.6% below its high of $14,440.00; 20.0% below it openings stop." */
export function fallWords(account: AccountRisk): string {
  const limit = `${percent(account.drawdown_max, 1)} below it openings stop, closing never`;
  if (compare(account.drawdown, "0") <= 0) return `The account stands at its high of ${money(account.peak_usd)}; ${limit}.`;
  return `The account stands ${percent(account.drawdown, 1)} below its high of ${money(account.peak_usd)}, after what was paid in and out; ${limit}.`;
}

export interface Danger {
  distance: Decimal;
  price: Decimal | null;
  leg: "long" | "short";
  /** Host time for which the venues' figures behind it held. */
  at: number;
}

/** The leg nearest to liquidation at the price of now; null where nothing is known. */
export function nearestNow(risk: RiskResponse, receivedAt: number): Danger | null {
  const first = risk.positions.find((one) => one.nearest !== null);
  if (!first || first.nearest === null) return null;
  const isLong = first.nearest === "long";
  const distance = isLong ? first.long_distance : first.short_distance;
  if (distance === null) return null;
  const price = isLong ? first.long_liquidation_price : first.short_liquidation_price;
  return { distance, price, leg: first.nearest, at: receivedAt - (first.seen_seconds ?? 0) * 1000 };
}
