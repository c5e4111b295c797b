/** One position: figures, both legs with their room, the clock, the parts of the result, every step. */
import { useState } from "react";
import { useParams } from "react-router";
import { useConfig } from "../api/config";
import type { PositionResponse } from "../api/schema.gen";
import { useDecidedEntries } from "../features/decisions/decided";
import { Why } from "../features/decisions/why";
import { useRates, useUsualLeverage } from "../features/market/queries";
import { AttributionTable } from "../features/positions/attribution-table";
import { BalanceDrawing } from "../features/positions/balance-drawing";
import { ClockSection } from "../features/positions/clock-section";
import { CloseDialog } from "../features/positions/close-dialog";
import { useClosingCost } from "../features/positions/closing-cost";
import { DefenceSection } from "../features/positions/defence-section";
import { Legs } from "../features/positions/legs";
import { PositionFigures } from "../features/positions/position-figures";
import { PositionJob } from "../features/positions/position-job";
import { usePosition } from "../features/positions/queries";
import { ReduceDialog } from "../features/positions/reduce-dialog";
import { TimelineSection } from "../features/positions/timeline-section";
import { heldFor, isHeld, isHeldUp, leftOver, observedAt, stateWords, title, wallsOf } from "../features/positions/words";
import { RiskPanel } from "../features/risk/risk-panel";
import { day, lasting, moment, utc } from "../lib/time";
import { Async } from "../ui/async";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { PriceAxis } from "../ui/charts/price-axis";
import { Age } from "../ui/numbers";
import { Columns, Hint, PageHead, Section } from "../ui/section";
import { PositionTrouble } from "./position-trouble";

export function PositionPage() {
  const { id = "" } = useParams();
  const position = usePosition(id);
  const rates = useRates(useUsualLeverage());
  const config = useConfig();
  const marketNow = new Date(rates.data?.market_time ?? config.data?.market_time ?? 0).getTime();
  return (
    <Async answer={position} asking="Asking the venues about this position." lines={8}>
      {(known) => <Known position={known} receivedAt={position.dataUpdatedAt} marketNow={marketNow} marketAt={rates.dataUpdatedAt} />}
    </Async>
  );
}

interface KnownProps {
  position: PositionResponse;
  receivedAt: number;
  marketNow: number;
  /** Host time at which it was told. */
  marketAt: number;
}

function Known({ position, receivedAt, marketNow, marketAt }: KnownProps) {
  const [isClosing, setClosing] = useState(false);
  const [isReducing, setReducing] = useState(false);
  const at = observedAt(position, receivedAt);
  const closing = useClosingCost(position);
  const held = heldFor(position, marketNow);
  const walls = wallsOf(position);
  const span = position.hedged_at ? `since ${day(position.hedged_at)}${held === null ? "" : `, ${lasting(held)}`}` : "so far";
  const opened = position.hedged_at;
  const decided = useDecidedEntries(position.id, title(position));
  return (
    <>
      <PageHead
        title={title(position)}
        meta={opened ? <span title={utc(opened)}>opened {moment(opened)}</span> : <span>asked for {moment(position.requested_at)}</span>}
        action={
          isHeld(position) ? (
            <>
              <Button onClick={() => setReducing(true)}>Reduce</Button>
              <Button onClick={() => setClosing(true)}>Close position</Button>
            </>
          ) : null
        }
        lead={
          isHeld(position) ? (
            <>
              Hedged. Long and short differ by {leftOver(position)}. The venues stated their figures{" "}
              <Age at={at} feed="balances" suffix=" ago" />. <Why about={{ position: position.id }} of={title(position)} />
            </>
          ) : isHeldUp(position) ? null : (
            `Now: ${stateWords(position)}.`
          )
        }
      />
      <PositionTrouble position={position} receivedAt={receivedAt} onClose={() => setClosing(true)} />
      {position.failure && !isHeldUp(position) ? (
        <div className="mt-6">
          <Banner tone="danger" title={position.failure.message} code={position.failure.code}>
            What it cost is in the timeline below.
          </Banner>
        </div>
      ) : null}
      {isHeld(position) || position.job_id === null ? null : (
        <Section title="What is being done">
          <PositionJob position={position} />
        </Section>
      )}
      <PositionFigures position={position} at={at} marketNow={marketNow} closing={closing} />
      <Section title="Two legs, one remainder">
        <BalanceDrawing position={position} span={span} />
      </Section>
      <Section title="Room on both sides" meta="red: a leg is liquidated; hatched: its liquidation price is near">
        {walls ? <PriceAxis walls={walls} /> : <Hint>Without a mark there is no distance to show.</Hint>}
        <div className="mt-6">
          <Legs position={position} at={at} />
        </div>
      </Section>
      {isHeld(position) ? (
        <Section title="Defence">
          <DefenceSection position={position} at={at} />
        </Section>
      ) : null}
      {position.closed_at === null ? (
        <Section title="Risk" meta="every rule at the price of now">
          <RiskPanel positionId={position.id} market={{ now: marketNow, at: marketAt }} />
        </Section>
      ) : null}
      <ClockSection position={position} closing={closing} />
      <Columns className="gap-y-0">
        <div className="wide:col-span-5">
          <Section title="Where the result comes from">
            {position.result ? (
              <AttributionTable result={position.result} />
            ) : (
              <Hint>Not shown while a part of it is unknown: a sum with a part missing would be wrong.</Hint>
            )}
          </Section>
        </div>
        <div className="wide:col-span-7">
          <TimelineSection positionId={position.id} others={decided} action={<Why about={{ position: position.id }} of={title(position)}>Every decision</Why>} />
        </div>
      </Columns>
      <ReduceDialog position={position} open={isReducing} onOpenChange={setReducing} />
      <CloseDialog position={position} open={isClosing} onOpenChange={setClosing} />
    </>
  );
}
