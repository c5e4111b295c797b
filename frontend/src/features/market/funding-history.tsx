/** The last 90 days of what the short earned against somebody's own lines. */
import { HISTORY_HOURS, type SettledHour } from "../../lib/funding";
import { Async } from "../../ui/async";
import type { ChartLine } from "../../ui/charts/chart-lines";
import { NoData } from "../../ui/numbers";
import { FundingBars } from "./funding-bars";
import { useFunding } from "./queries";

interface FundingHistoryProps {
  lines: ChartLine[];
  /** What the hours say about the lines. */
  tell?: (hours: SettledHour[]) => string;
}

export function FundingHistory({ lines, tell }: FundingHistoryProps) {
  const history = useFunding(HISTORY_HOURS);
  return (
    <Async
      answer={history}
      asking="Asking Hyperliquid for the settled hours."
      means="What waits and what runs goes on as it was; only the history cannot be shown."
      lines={4}
      isEmpty={(data) => data.hours.length === 0}
      empty={<p><NoData reason="No settled hour of the last 90 days is known yet. The first appears at the next full hour." /></p>}
    >
      {(data) => (
        <>
          {tell ? <p className="mb-3 max-w-measure text-ink2">{tell(data.hours)}</p> : null}
          <FundingBars history={data} span={knownSpan(data.hours.length + data.missing)} lines={lines} name="funding-90-days" />
        </>
      )}
    </Async>
  );
}

/** "90 days", or what there is of them: "3 days", "5 hours". */
export function knownSpan(hours: number): string {
  if (hours < 48) return hours === 1 ? "1 hour" : `${hours} hours`;
  return `${Math.round(hours / 24)} days`;
}
