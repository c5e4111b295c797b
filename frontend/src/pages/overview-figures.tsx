import type { BalancesResponse, HistoryResponse, PositionResponse, PositionsResponse, RiskResponse } from "../api/schema.gen";
import { earnsDaily } from "../features/positions/position-figures";
import { centsOf, summed } from "../features/positions/history-tables";
import { observedAt } from "../features/positions/words";
import { type Danger, nearestNow } from "../features/risk/words";
import { absolute, add, compare, type Decimal } from "../lib/decimal";
import { counted, money } from "../lib/format";
import { Pending } from "../ui/async";
import { Figure, Figures } from "../ui/figure";
import { Age, Aging, Money, Rate } from "../ui/numbers";
import { netTogether } from "./overview-verdict";

/** The liquidation price nearest to the mark over all open legs. */
export function nearestDanger(positions: PositionResponse[], receivedAt: number): Danger | null {
  const at = Math.min(...positions.map((one) => observedAt(one, receivedAt) ?? receivedAt), receivedAt);
  const all = positions.flatMap((position): Danger[] => [
    ...(position.long?.liquidation_distance
      ? [{ distance: position.long.liquidation_distance, price: position.long.liquidation_price, leg: "long" as const, at }]
      : []),
    ...(position.short?.liquidation_distance
      ? [{ distance: position.short.liquidation_distance, price: position.short.liquidation_price, leg: "short" as const, at }]
      : []),
  ]);
  return all.sort((a, b) => compare(absolute(a.distance), absolute(b.distance)))[0] ?? null;
}

/** The distance with the sign of its direction: down for the long, up for the short. */
export function directed({ distance, leg }: Pick<Danger, "distance" | "leg">): Decimal {
  const size = absolute(distance);
  return leg === "long" && compare(size, "0") !== 0 ? `-${size}` : size;
}

interface Answer<T> {
  data: T | undefined;
  isPending: boolean;
  dataUpdatedAt: number;
}

interface OverviewFiguresProps {
  balances: Answer<BalancesResponse>;
  positions: Answer<PositionsResponse>;
  history: Answer<HistoryResponse>;
  risk: Answer<RiskResponse>;
  /** What counts down at present, in words. */
  counting: string | null;
}

export function OverviewFigures(answers: OverviewFiguresProps) {
  const balances = answers.balances.data;
  const history = answers.history.data;
  const isKnown = answers.positions.data !== undefined;
  const receivedAt = answers.positions.dataUpdatedAt;
  const open = answers.positions.data?.positions ?? [];
  const result = history && isKnown ? (summed([centsOf(history.positions), centsOf(open)])?.total ?? null) : null;
  const daily = open.map(earnsDaily);
  const perDay = !isKnown || daily.some((value) => value === null) ? null : add("0", ...daily.map((value) => value ?? "0"));
  const risk = answers.risk.data;
  // At the price of now where it is known; else as the venues stated it last.
  const danger = (risk && nearestNow(risk, answers.risk.dataUpdatedAt)) ?? nearestDanger(open, receivedAt);
  const oldest = Math.min(...open.map((one) => observedAt(one, receivedAt) ?? receivedAt), receivedAt);
  const ended = history?.positions.length ?? 0;
  const isAsking = answers.positions.isPending;
  const missing = "A venue has not answered.";
  return (
    <Figures>
      <Figure
        label="Account"
        value={answers.balances.isPending ? <Pending /> : <Aging at={balances?.observed_at} feed="balances"><Money value={balances?.total_usd} reason={missing} /></Aging>}
        context={balances ? <>on three venues, <Age at={balances.observed_at} feed="balances" suffix=" ago" /></> : "on three venues"}
      />
      <Figure
        label="Net result"
        value={isAsking || answers.history.isPending ? <Pending like="+$123.45" /> : <Aging at={oldest} feed="balances"><Money value={result} sign="flow" reason="A part of it is not known." /></Aging>}
        context={isKnown && history ? `${counted(open.length, "open position")}, ${ended} ended` : "after every cost"}
      />
      <Figure
        label="Earning now"
        value={isAsking ? <Pending like="+$1.23" /> : <><Money value={perDay} sign="flow" reason="Rates are not known." /><span className="text-[0.6em] font-normal text-ink3"> a day</span></>}
        context={isKnown && open.length === 0 ? "nothing is invested" : <><Rate value={netTogether(open)?.rate} reason="Rates are not known." /> a year at today’s rates</>}
      />
      <Figure
        label="Nearest danger"
        value={isAsking ? <Pending like="−12.3%" /> : danger ? <Aging at={danger.at} feed="balances"><Rate value={directed(danger)} sign="flow" tone="ink" /></Aging> : isKnown && open.length === 0 ? "none" : <Rate value={null} reason="No venue has stated a liquidation price." />}
        context={
          <>
            <span className="block">{danger?.price ? `SOL at ${money(danger.price)} would liquidate the ${danger.leg}` : isKnown && open.length === 0 ? "no leg is open" : "a liquidation price is not known"}</span>
            {answers.counting ? <strong className="block text-danger">{answers.counting}</strong> : null}
          </>
        }
      />
    </Figures>
  );
}
