/** What the short earned, hour by hour, over a span of one's choice. */
import { useState } from "react";
import { Async, Empty } from "../../ui/async";
import { Segmented } from "../../ui/segmented";
import { Section } from "../../ui/section";
import { FundingBars } from "./funding-bars";
import { useFunding } from "./queries";

const SPANS = { "24": "24 hours", "168": "7 days", "720": "30 days", "2160": "90 days" } as const;
type Span = keyof typeof SPANS;

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
        {(data) => <FundingBars history={data} span={SPANS[span]} />}
      </Async>
    </Section>
  );
}
