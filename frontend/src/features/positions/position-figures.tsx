import type { PositionResponse } from "../../api/schema.gen";
import { type Decimal, divide, multiply } from "../../lib/decimal";
import { lasting } from "../../lib/time";
import { Figure, Figures } from "../../ui/figure";
import { Aging, Money, Rate } from "../../ui/numbers";
import { afterClosing } from "./closing-cost";
import { heldFor, netRate } from "./words";

interface PositionFiguresProps {
  position: PositionResponse;
  at: number | null;
  marketNow: number;
  closing: Decimal | null;
}

/** USD a day at the present rates; null while they are not known. */
export function earnsDaily(position: PositionResponse): Decimal | null {
  const rate = netRate(position);
  return rate === null ? null : divide(multiply(rate, position.size_usd), "365");
}

export function PositionFigures({ position, at, marketNow, closing }: PositionFiguresProps) {
  const held = heldFor(position, marketNow);
  const noRate = position.state === "stuck_unwind" ? "One leg stands alone; it earns and loses with the price." : "Rates are not known.";
  const unknown = "A part of it is not known.";
  return (
    <Figures>
      <Figure
        label="Worth now"
        value={<Aging at={at} feed="balances"><Money value={position.equity_usd} reason={unknown} /></Aging>}
        context={<><Money value={position.size_usd} /> put in</>}
      />
      <Figure
        label={held === null ? "Result" : `Result in ${lasting(held)}`}
        value={<Aging at={at} feed="balances"><Money value={position.result?.total} sign="flow" reason={unknown} /></Aging>}
        context="after every cost so far"
      />
      <Figure
        label="Earning now"
        value={<><Money value={earnsDaily(position)} sign="flow" reason={noRate} /><span className="text-[0.8em] font-normal text-ink3"> a day</span></>}
        context={<><Rate value={netRate(position)} reason={noRate} /> a year at today’s rates</>}
      />
      <Figure
        label="If you left now"
        value={<Money value={afterClosing(position.result?.total, closing)} sign="flow" reason={unknown} />}
        context={<>after <Money value={closing} reason={unknown} /> to close both legs</>}
      />
    </Figures>
  );
}
