/** What the risk rules say of one position at the price of now: figures, what stands, what follows. */
import type { PositionRisk, RiskResponse } from "../../api/schema.gen";
import { counted, signedWords } from "../../lib/format";
import { useNow } from "../../lib/use-now";
import { Async } from "../../ui/async";
import { CheckList, checksOf } from "../../ui/check-list";
import { KeyValues } from "../../ui/figure";
import { Glyph } from "../../ui/glyph";
import { Aging, NoData, Rate } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { Standing } from "../../ui/standing";
import { useRisk } from "./queries";
import { doubtOf, standing, stepWords, timerWords } from "./words";

interface RiskPanelProps {
  positionId: string;
  /** Market time, and the host time at which it held. */
  market: { now: number; at: number };
}

export function RiskPanel({ positionId, market }: RiskPanelProps) {
  const risk = useRisk();
  return (
    <Async<RiskResponse>
      answer={risk}
      asking="Asking the server how safe this position is."
      means="It is watched all the same; only this page does not know."
      lines={5}
    >
      {(data) => {
        const own = data.positions.find((one) => one.position_id === positionId);
        if (!own) return <Hint>It is not among the positions that are watched: nothing of it is held.</Hint>;
        return <Known risk={own} receivedAt={risk.dataUpdatedAt} doubt={doubtOf(data)} market={market} />;
      }}
    </Async>
  );
}

interface KnownProps {
  risk: PositionRisk;
  receivedAt: number;
  doubt: string | null;
  market: { now: number; at: number };
}

/** Dangers that must last before they count, each with what is left of its time. */
export function Timers({ risk, market }: { risk: PositionRisk; market: { now: number; at: number } }) {
  const now = useNow();
  const marketNow = market.now + Math.max(0, now - market.at);
  if (risk.timers.length === 0) return null;
  return (
    <ul aria-label="Dangers that stand" className="mt-3">
      {risk.timers.map((timer) => (
        <li key={timer.kind} className="grid grid-cols-[20px_minmax(0,1fr)] gap-x-3 py-1.5">
          <Glyph name="warn" className="mt-[3px]" />
          <span>{timerWords(timer, marketNow)}</span>
        </li>
      ))}
    </ul>
  );
}

function Known({ risk, receivedAt, doubt, market }: KnownProps) {
  const { kind, sentence } = standing(risk);
  const at = receivedAt - (risk.seen_seconds ?? 0) * 1000;
  const aged = (value: string | null, reason: string, places = 1) => (
    <Aging at={at} feed="balances"><Rate value={value} places={places} reason={reason} /></Aging>
  );
  const failing = risk.criteria.filter((check) => !check.passed);
  const holding = risk.criteria.filter((check) => check.passed);
  return (
    <>
      {doubt === null ? null : <Hint tone="caution">{doubt} Nothing is closed because of it.</Hint>}
      <Standing kind={kind} sentence={signedWords(sentence)} />
      <Timers risk={risk} market={market} />
      {failing.length > 0 ? <div className="mt-4"><CheckList checks={checksOf(failing)} /></div> : null}
      <div className="mt-4 grid grid-cols-1 gap-x-8 gap-y-4 tablet:grid-cols-2">
        <KeyValues
          rows={[
            { label: "Health of the long, our figure", value: aged(risk.health, "The lender has not said enough.") },
            { label: "Health, as the lender says", value: aged(risk.stated_health, "The lender has not said.") },
            { label: "Margin behind the short", value: aged(risk.margin_fraction, "Hyperliquid has not said.") },
          ]}
        />
        <KeyValues
          rows={[
            { label: "Legs apart", value: aged(risk.drift, "A leg is not known.", 2) },
            { label: "Token below its value", value: aged(risk.lst_discount, "The long holds SOL, or the token’s price is not known.", 2) },
            {
              label: "Venues were read",
              value: risk.seen_seconds === null ? <NoData reason="Both legs have only been opened; nothing has been read since." /> : `${counted(risk.seen_seconds, "second")} ago`,
            },
          ]}
        />
      </div>
      <Hint>
        Health is how far SOL may fall before the long is liquidated; margin is the money behind the short, as a part of its size. Legs apart: what one
        leg holds more than the other.
      </Hint>
      <Next risk={risk} />
      {holding.length > 0 ? (
        <details className="mt-3">
          <summary className="w-fit cursor-pointer py-1.5 text-13 text-ink2">{counted(holding.length, "rule")} {holding.length === 1 ? "holds" : "hold"}</summary>
          <CheckList checks={checksOf(holding)} />
        </details>
      ) : null}
    </>
  );
}

function Next({ risk }: { risk: PositionRisk }) {
  const { next_below: below, next_above: above } = risk;
  if (!risk.is_judged) return null;
  return (
    <div className="mt-4">
      <h3 className="text-13 font-semibold">Which rule acts next</h3>
      {below === null && above === null ? <p className="mt-1.5">None, at any price we can foresee.</p> : null}
      {below === null ? null : <p className="mt-1.5">{stepWords(below)}</p>}
      {above === null ? null : <p className="mt-1.5">{stepWords(above)}</p>}
    </div>
  );
}
