/** Every way to be in, best first: what is left after costs, and what would be left in a bad month. */
import { useState } from "react";
import type { FundingYearEntry, OpportunitiesResponse, OpportunityEntry } from "../../api/schema.gen";
import { type Decimal, floored, isNegative } from "../../lib/decimal";
import { counted, leverage, money, percent } from "../../lib/format";
import { Async, Empty } from "../../ui/async";
import { QuietButton } from "../../ui/button";
import { Money, Multiple, NoData, Rate } from "../../ui/numbers";
import { Hint, Section } from "../../ui/section";
import { Sub, Table } from "../../ui/table";
import { useOpportunities } from "./queries";

const AT_ONCE = 6;
type Ranked = OpportunityEntry & { place: number };

/** "Over 365 days known funding averaged 10.2% a year; its worst 30 days −4.1%." */
export function yearWords(year: FundingYearEntry): string {
  const paid = year.longest_paid_hours;
  const longest = paid === 0 ? "The short never had to pay." : `The longest the short had to pay without a break was ${counted(paid, "hour")}.`;
  return (
    `Over ${counted(year.days_known, "day")} known funding averaged ${percent(year.mean_apr, 1)} a year; ` +
    `its worst ${counted(year.window_days, "day")} ${percent(year.worst_apr, 1)}. ${longest}`
  );
}

export function OpportunitiesSection({ size }: { size: Decimal }) {
  const opportunities = useOpportunities(size);
  return (
    <Section title="Where it pays" meta={`for ${money(size)}, best first`}>
      <Async<OpportunitiesResponse>
        answer={opportunities}
        asking="Asking the server to rank what could be entered."
        means="Nothing is opened from this table; it only cannot be shown."
        lines={6}
        isEmpty={(data) => data.opportunities.length === 0}
        empty={<Empty>No lender can be judged right now. Each will be here with what is left of it.</Empty>}
      >
        {(data) => <Ranking data={data} />}
      </Async>
    </Section>
  );
}

function Ranking({ data }: { data: OpportunitiesResponse }) {
  const [isAll, setAll] = useState(false);
  const ranked = data.opportunities.map((one, index): Ranked => ({ ...one, place: index + 1 }));
  const able = ranked.filter((one) => one.obstacles.length === 0);
  const few = (able.length > 0 ? able : ranked).slice(0, AT_ONCE);
  const barred = ranked.length - able.length;
  const worst = data.year === null ? "Worst month" : `In the worst ${data.year.window_days} days`;
  const unknown = "Too few settled hours of the last year are known.";
  return (
    <>
      {data.year === null ? (
        <Hint>Too little of the last year is known to say what a bad month would leave.</Hint>
      ) : (
        <p className="mb-3 max-w-measure text-ink2">{yearWords(data.year)}</p>
      )}
      {able.length === 0 ? <Hint tone="caution">None of them can be entered now; what stands in the way is said with each.</Hint> : null}
      <Table
        caption={`Ways to be in with ${money(data.size_usd)}, best first`}
        rows={isAll ? ranked : few}
        rowKey={(one) => `${one.asset}-${one.protocol}-${one.leverage}`}
        columns={[
          {
            title: "Asset and lender",
            cell: (one) => (
              <>
                {one.place}. {one.asset} on {one.protocol_name}
                <Sub>{detail(one)}</Sub>
              </>
            ),
          },
          { title: "Leverage", align: "right", cell: (one) => <Multiple value={one.leverage} /> },
          { title: "Left a year", label: "Left a year, after costs", align: "right", cell: (one) => <Rate value={one.net_after_costs_apr} sign="flow" /> },
          { title: worst, align: "right", cell: (one) => <Rate value={one.worst_net_apr} sign="flow" reason={unknown} /> },
          { title: "Costs", label: "Getting in and out", align: "right", cell: (one) => <Money value={one.cost_usd} /> },
          { title: "Back in", label: "Costs back in", align: "right", cell: (one) => <BackIn one={one} /> },
        ]}
      />
      {ranked.length > few.length ? (
        <QuietButton className="text-13" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? "Only the best" : `${ranked.length - few.length} more${barred > 0 ? `, ${barred} of all cannot be entered now` : ""}`}
        </QuietButton>
      ) : null}
      <Hint>
        Left a year on the whole capital, after borrowing, after expected rebalancing, and with the costs of getting in and out spread over{" "}
        {counted(data.planned_days, "day")}. A rate, not a promise.
      </Hint>
    </>
  );
}

function detail(one: OpportunityEntry): string {
  if (one.obstacles.length > 0) return `not now: ${one.obstacles.join("; ")}`;
  const room = `opens with ${percent(one.opening_health, 1)} of room, up to ${leverage(floored(one.safe_leverage, 1))} is safe`;
  return `${room}; ${one.can_defend ? "can be reduced in place" : "reducing there means closing"}`;
}

function BackIn({ one }: { one: OpportunityEntry }) {
  if (one.break_even_days === null) {
    return isNegative(one.net_apr) ? <span title="At these rates income does not exceed costs">never</span> : <NoData reason="It is not known at these rates." />;
  }
  return <span className="whitespace-nowrap">{counted(Math.ceil(Number(floored(one.break_even_days, 2))), "day")}</span>;
}
