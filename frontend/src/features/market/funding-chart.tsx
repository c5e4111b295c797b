/** What the short earned, hour by hour; long spans in means of several hours, said so. */
import { useState } from "react";
import type { FundingHistoryResponse } from "../../api/schema.gen";
import { approx } from "../../lib/decimal";
import { percent } from "../../lib/format";
import { moment } from "../../lib/time";
import { Async, Empty } from "../../ui/async";
import { type BarPoint, BarsChart } from "../../ui/charts/bars-chart";
import { Segmented } from "../../ui/segmented";
import { Section } from "../../ui/section";
import { useFunding } from "./queries";

const SPANS = { "24": "24 hours", "168": "7 days", "720": "30 days", "2160": "90 days" } as const;
type Span = keyof typeof SPANS;
const MOST_BARS = 200;

function bars(history: FundingHistoryResponse): { points: BarPoint[]; hoursABar: number } {
  const hours = history.hours.map((hour) => ({ at: new Date(hour.hour).getTime(), value: approx(hour.income_apr) }));
  const hoursABar = Math.max(1, Math.ceil(hours.length / MOST_BARS));
  const points: BarPoint[] = [];
  for (let start = 0; start < hours.length; start += hoursABar) {
    const part = hours.slice(start, start + hoursABar);
    const first = part[0];
    if (first) points.push({ at: first.at, value: part.reduce((sum, hour) => sum + hour.value, 0) / part.length });
  }
  return { points, hoursABar };
}

function csv(history: FundingHistoryResponse): string {
  const rows = history.hours.map((hour) => `${hour.hour},${hour.income_apr},${hour.income_hourly}`);
  return ["hour_utc,income_apr,income_hourly", ...rows].join("\n");
}

function shownPercent(value: number): string {
  return percent(value.toFixed(6), 2, "flow");
}

export function FundingChart() {
  const [span, setSpan] = useState<Span>("168");
  const history = useFunding(Number(span));
  return (
    <Section
      title="What the short earned"
      meta="a year, from each settled hour"
      action={
        <Segmented
          label="Span"
          value={span}
          onChange={setSpan}
          options={Object.entries(SPANS).map(([value, label]) => ({ value: value as Span, label }))}
        />
      }
    >
      <Async
        answer={history}
        asking="Asking Hyperliquid for the settled hours."
        lines={4}
        isEmpty={(data) => data.hours.length === 0}
        empty={<Empty>No settled hour has been recorded yet. The first appears at the next full hour.</Empty>}
      >
        {(data) => {
          const { points, hoursABar } = bars(data);
          const mean = points.reduce((sum, point) => sum + point.value, 0) / Math.max(1, points.length);
          const grain = hoursABar === 1 ? "" : ` Bars of ${hoursABar} hours.`;
          const gaps = data.missing > 0 ? ` ${data.missing} hours are missing.` : "";
          const rest = `${shownPercent(mean)} a year on average over ${SPANS[span]}.${grain}${gaps}`;
          return (
            <BarsChart
              points={points}
              name="funding"
              rest={rest}
              summary={`What the short earned from funding over ${SPANS[span]}: ${rest}`}
              read={(point) => `${moment(point.at)}: the short earned ${shownPercent(point.value)} a year`}
              csv={() => csv(data)}
            />
          );
        }}
      </Async>
    </Section>
  );
}
