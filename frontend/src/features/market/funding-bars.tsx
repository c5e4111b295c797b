/** What the short earned as bars, long spans in means of several hours, said so; lines across it are thresholds. */
import { useMemo } from "react";
import type { FundingHistoryResponse } from "../../api/schema.gen";
import { absolute, add, approx, type Decimal, divide, isNegative } from "../../lib/decimal";
import { counted, percent } from "../../lib/format";
import { moment } from "../../lib/time";
import { type BarPoint, BarsChart } from "../../ui/charts/bars-chart";
import type { ChartLine } from "../../ui/charts/chart-lines";

const MOST_BARS = 200;
const HOUR_MS = 3_600_000;

/** Bars of the same length in time: an hour that is not known is not there, and shifts none. */
export function bars(history: FundingHistoryResponse): { points: BarPoint[]; hoursABar: number } {
  const hours = history.hours.map((hour) => ({ at: Date.parse(hour.hour), value: approx(hour.income_apr) }));
  const begin = hours[0]?.at ?? 0;
  const spanned = Math.round(((hours.at(-1)?.at ?? 0) - begin) / HOUR_MS) + 1;
  const hoursABar = Math.max(1, Math.ceil(spanned / MOST_BARS));
  const groups = new Map<number, number[]>();
  for (const { at, value } of hours) {
    const group = Math.floor(Math.round((at - begin) / HOUR_MS) / hoursABar);
    groups.set(group, [...(groups.get(group) ?? []), value]);
  }
  const points = [...groups].map(([group, values]) => ({
    at: begin + group * hoursABar * HOUR_MS,
    value: values.reduce((sum, value) => sum + value, 0) / values.length,
  }));
  return { points, hoursABar };
}

function csv(history: FundingHistoryResponse): string {
  const rows = history.hours.map((hour) => `${hour.hour},${hour.income_apr},${hour.income_hourly}`);
  return ["hour_utc,income_apr,income_hourly", ...rows].join("\n");
}

/** "the short earned 10.95% a year", "the short paid 2.60% a year". */
export function earnedWords(income: Decimal): string {
  return isNegative(income) ? `the short paid ${percent(absolute(income), 2)} a year` : `the short earned ${percent(income, 2)} a year`;
}

interface FundingBarsProps {
  /** With at least one hour. */
  history: FundingHistoryResponse;
  /** "90 days". */
  span: string;
  lines?: ChartLine[];
  name?: string;
}

export function FundingBars({ history, span, lines, name = "funding" }: FundingBarsProps) {
  const { points, hoursABar } = useMemo(() => bars(history), [history]);
  const mean = divide(add(...history.hours.map((hour) => hour.income_apr)), String(history.hours.length)) ?? "0";
  const grain = hoursABar === 1 ? "" : ` Bars of ${hoursABar} hours.`;
  const gaps = history.missing > 0 ? ` ${counted(history.missing, "hour")} ${history.missing === 1 ? "is" : "are"} missing.` : "";
  const rest = `${percent(mean, 2, "flow")} a year on average over ${span}.${grain}${gaps}`;
  const told = (lines ?? []).map((line) => ` Line: ${line.label}.`).join("");
  const read = (point: BarPoint) => {
    const words = earnedWords(point.value.toFixed(6));
    return hoursABar === 1 ? `${moment(point.at)}: ${words}` : `${hoursABar} hours from ${moment(point.at)}: ${words} on average`;
  };
  return (
    <BarsChart
      points={points}
      lines={lines}
      name={name}
      rest={rest}
      summary={`What the short earned from funding over ${span}: ${rest}${told}`}
      read={read}
      csv={() => csv(history)}
    />
  );
}
