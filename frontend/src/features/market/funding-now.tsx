/** What the short earns: this hour, the next, the last day, the last week. */
import type { RatesResponse } from "../../api/schema.gen";
import { Age, Aging, Doubt, Rate } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { marketDispute } from "./queries";

export function FundingNow({ rates, receivedAt }: { rates: RatesResponse; receivedAt: number }) {
  const { funding } = rates;
  const at = receivedAt - funding.age_seconds * 1000;
  const entries = [
    { name: "This hour", value: funding.now_apr },
    { name: "Next hour, predicted", value: funding.predicted_apr },
    { name: "Last 24 hours", value: funding.mean_24h_apr },
    { name: "Last 7 days", value: funding.mean_7d_apr },
  ];
  const dispute = marketDispute(rates);
  return (
    <>
      {dispute === null ? null : (
        <Hint tone="caution">
          {dispute} Until that is settled nothing is opened on these figures, and nothing is closed because of them.
        </Hint>
      )}
      <dl className="mb-4 flex flex-wrap gap-x-12 gap-y-4">
      {entries.map(({ name, value }) => (
        <div key={name}>
          <dt className="text-13 text-ink2">{name}</dt>
          <dd className="text-18">
            <Aging at={at} feed="rates">
              <Doubt quality={funding.quality}>
                <Rate value={value} places={2} sign="flow" reason="Not enough settled hours yet." />
              </Doubt>
            </Aging>
          </dd>
        </div>
      ))}
      <div>
        <dt className="text-13 text-ink2">Age</dt>
        <dd className="pt-0.5">
          <Age at={at} feed="rates" />
        </dd>
      </div>
      </dl>
    </>
  );
}
