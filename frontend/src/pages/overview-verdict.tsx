/** The overview's judgement: whether it pays to be in, in one sentence, and why. */
import type { AlarmEntry, PositionResponse, RatesResponse } from "../api/schema.gen";
import { useAlarms } from "../features/alarms/queries";
import { atRisk, kindOf, nextAt, worstFirst } from "../features/alarms/words";
import { Why } from "../features/decisions/why";
import { bestLender, marketDispute } from "../features/market/queries";
import { isHeld, netRate, title } from "../features/positions/words";
import { add, approx, compare, type Decimal, divide, multiply } from "../lib/decimal";
import { counted, leverage, money, percent } from "../lib/format";
import { freshness } from "../lib/time";
import { useNow } from "../lib/use-now";
import { Verdict, type VerdictKind } from "../ui/verdict";

interface VerdictProps {
  positions: PositionResponse[];
  rates: RatesResponse;
  receivedAt: number;
  hasMoney: boolean;
}

/** The open alarm the sentence begins with. */
interface Worst {
  alarm: AlarmEntry;
  others: number;
}

interface Judgement {
  kind: VerdictKind;
  sentence: string;
  why: string;
}

/** Net yearly rate of the open positions together, weighted by capital; null while one is unknown. */
export function netTogether(positions: PositionResponse[]): { rate: Decimal; capital: Decimal } | null {
  const capital = add("0", ...positions.map((position) => position.size_usd));
  if (positions.some((position) => netRate(position) === null)) return null;
  const yearly = add("0", ...positions.map((position) => multiply(netRate(position) ?? "0", position.size_usd)));
  const rate = divide(yearly, capital);
  return rate === null ? null : { rate, capital };
}

function funding(rates: RatesResponse): string {
  const now = percent(rates.funding.now_apr, 2);
  const day = rates.funding.mean_24h_apr;
  const verb = compare(rates.funding.now_apr, "0") >= 0 ? `earns ${now}` : `pays ${percent(rates.funding.now_apr.replace("-", ""), 2)}`;
  return `The short ${verb} a year this hour${day === null ? "" : `, ${percent(day, 2)} over the last day`}.`;
}

function alarming({ alarm, others }: Worst): Judgement {
  const { title, tone } = kindOf(alarm);
  return {
    kind: tone === "danger" ? "alarm" : "caution",
    sentence: `${title}: at risk ${atRisk(alarm)}.`,
    why: `${alarm.message} ${nextAt(alarm)}${others > 0 ? ` ${counted(others, "other alarm")} ${others === 1 ? "is" : "are"} open.` : ""}`,
  };
}

export function judge({ positions, rates, hasMoney }: Omit<VerdictProps, "receivedAt">, isTooOld: boolean, worst?: Worst): Judgement {
  if (worst) return alarming(worst);
  const stuck = positions.filter((position) => position.state === "stuck_unwind");
  if (stuck.length > 0) {
    return {
      kind: "alarm",
      sentence: `${counted(stuck.length, "leg")} ${stuck.length === 1 ? "stands" : "stand"} alone: the price no longer cancels. Close what is left.`,
      why: "The other leg is closed already. Closing the position sells or buys back what still stands.",
    };
  }
  if (isTooOld || rates.is_stale) {
    return { kind: "unknown", sentence: "We cannot judge now: the market’s figures are too old.", why: "Nothing is opened on old figures." };
  }
  const dispute = marketDispute(rates);
  if (dispute !== null) {
    return { kind: "unknown", sentence: "We cannot judge now: the market’s figures are disputed.", why: `${dispute} Nothing is opened on disputed figures, and nothing is closed because of them.` };
  }
  if (positions.length > 0) {
    const busy = positions.filter((position) => !isHeld(position));
    const net = netTogether(positions);
    const many = positions.length === 1 ? "your position earns" : "your positions together earn";
    if (net === null) return { kind: "unknown", sentence: "You are in. What it earns at present is not known.", why: funding(rates) };
    const pays = compare(net.rate, "0") > 0;
    return {
      kind: busy.length > 0 ? "caution" : pays ? "in" : "caution",
      sentence: pays
        ? `It pays to be in. At the present rates ${many} ${percent(net.rate, 1)} a year on ${money(net.capital)}, after borrowing.`
        : `It does not pay now. At the present rates ${many.replace("earn", "lose")} ${percent(net.rate.replace("-", ""), 1)} a year on ${money(net.capital)}.`,
      why: `${funding(rates)}${busy.length > 0 ? " Something is being done with a position right now; see below." : ""}`,
    };
  }
  const best = bestLender(rates);
  const start = hasMoney ? "You are out of the market." : "Nothing is invested yet.";
  if (best === null || best.net_apr === null) {
    return { kind: "unknown", sentence: `${start} Whether it would pay is not known.`, why: "No lender can be judged right now." };
  }
  if (compare(best.net_apr, "0") <= 0) {
    return { kind: "out", sentence: `${start} It would not pay now: ${percent(best.net_apr, 1)} a year at today’s rates.`, why: funding(rates) };
  }
  const days = best.break_even_days === null ? null : Math.ceil(approx(best.break_even_days));
  return {
    kind: "out",
    sentence: `${start} It would pay to be in: ${percent(best.net_apr, 1)} a year at today’s rates.`,
    why: `That is a rate, not a promise. ${days === null ? "" : `With today’s costs you must stay ${counted(days, "day")} to break even. `}Judged for ${best.asset} on ${best.protocol_name} at ${leverage(rates.leverage)}. ${funding(rates)}`,
  };
}

export function OverviewVerdict({ receivedAt, ...facts }: VerdictProps) {
  const now = useNow();
  const isTooOld = freshness("rates", now - receivedAt) === "forgotten";
  const alarms = useAlarms();
  const [alarm, ...others] = worstFirst(alarms.data?.alarms ?? []);
  const worst = alarm && { alarm, others: others.length };
  const { kind, sentence, why } = judge(facts, isTooOld, worst);
  const only = facts.positions.length === 1 ? facts.positions[0] : undefined;
  const link = only ? <Why about={{ position: only.id }} of={title(only)} /> : <Why about={{}} of="everything decided for you" />;
  return <Verdict kind={kind} sentence={sentence} why={<>{why} {link}</>} />;
}
