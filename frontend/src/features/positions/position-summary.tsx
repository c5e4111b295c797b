/** A position on the overview: the price axis and what it is worth. */
import type { PositionResponse } from "../../api/schema.gen";
import { lasting, moment } from "../../lib/time";
import { figure } from "../../lib/format";
import { Banner } from "../../ui/banner";
import { PriceAxis } from "../../ui/charts/price-axis";
import { KeyValues } from "../../ui/figure";
import { Age, Aging, Money, Multiple, NoData, Rate } from "../../ui/numbers";
import { Columns } from "../../ui/section";
import { afterClosing, useClosingCost } from "./closing-cost";
import { PositionJob } from "./position-job";
import { briefState, heldFor, isHeld, netRate, observedAt, title, wallsOf } from "./words";

interface SummaryProps {
  position: PositionResponse;
  receivedAt: number;
  marketNow: number;
}

export function PositionSummary({ position, receivedAt, marketNow }: SummaryProps) {
  const at = observedAt(position, receivedAt);
  const walls = wallsOf(position);
  const held = heldFor(position, marketNow);
  const closing = useClosingCost(position);
  const left = afterClosing(position.result?.total, closing);
  return (
    <Columns>
      <div className="wide:col-span-8">
        <p>
          <strong>{title(position)}</strong>{" "}
          <span className="text-13 text-ink3">
            {position.protocol_name}, <Multiple value={position.long?.leverage ?? position.leverage} /> on Solana
            {position.short?.leverage ? <>, <Multiple value={position.short.leverage} /> on Hyperliquid</> : null}
            {position.hedged_at ? `, opened ${moment(position.hedged_at)}` : null}
          </span>
        </p>
        {position.state === "stuck_unwind" ? (
          <div className="mt-3">
            <Banner tone="danger" title="One leg stands alone." code={position.failure?.code}>
              Close the position to sell what is left. {position.failure?.message}
            </Banner>
          </div>
        ) : position.state === "quarantined" ? (
          <div className="mt-3">
            <Banner tone="caution" title="The venue and our books disagree." code={position.failure?.code}>
              Nothing but closing is done with this position until that is settled: {position.failure?.message ?? "the reason is in its timeline"}.
            </Banner>
          </div>
        ) : null}
        {isHeld(position) ? null : <PositionJob position={position} />}
        {walls ? (
          <div className="mt-4">
            <PriceAxis walls={walls} />
          </div>
        ) : null}
      </div>
      <div className="wide:col-span-4">
        <KeyValues
          rows={[
            { label: "State", value: isHeld(position) ? <>hedged, <Age at={at} feed="balances" /></> : briefState(position) },
            { label: "Put in", value: <Money value={position.size_usd} /> },
            { label: "Worth now", value: <Aging at={at} feed="balances"><Money value={position.equity_usd} reason="A leg has not been heard of." /></Aging> },
            {
              label: held === null ? "Result" : `Result, ${lasting(held)}`,
              key: "result",
              value: <Aging at={at} feed="balances"><Money value={position.result?.total} sign="flow" reason="A part of it is unknown." /></Aging>,
            },
            {
              label: "Earns at today’s rates",
              value: netRate(position) === null ? <NoData reason="Rates are not known, or one leg stands alone." /> : <><Rate value={netRate(position)} sign="flow" /> a year</>,
            },
            {
              label: "Costs earned back",
              value: position.costs_earned_back === null ? <NoData reason="Not known yet." /> : `${figure(position.costs_earned_back, 1)} times`,
            },
            {
              label: "If you left now",
              value: <Money value={left} sign="flow" reason="The cost of closing is not known right now." />,
              sum: true,
            },
          ]}
        />
      </div>
    </Columns>
  );
}
