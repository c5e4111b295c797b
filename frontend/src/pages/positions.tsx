/** All open positions. */
import { useState } from "react";
import { Link } from "react-router";
import { useConfig } from "../api/config";
import { useRates, useUsualLeverage } from "../features/market/queries";
import { CloseAllDialog } from "../features/positions/close-all-dialog";
import { PositionSummary } from "../features/positions/position-summary";
import { usePositions } from "../features/positions/queries";
import { title } from "../features/positions/words";
import { Async, Empty } from "../ui/async";
import { Button, ButtonLink } from "../ui/button";
import { PageHead, Section } from "../ui/section";

export function PositionsPage() {
  const positions = usePositions();
  const rates = useRates(useUsualLeverage());
  const config = useConfig();
  const marketNow = new Date(rates.data?.market_time ?? config.data?.market_time ?? 0).getTime();
  const [isClosing, setClosing] = useState(false);
  const count = positions.data?.positions.length ?? 0;
  return (
    <>
      <PageHead
        title="Positions"
        lead={
          <>
            Each is long SOL on Solana and short the same SOL on Hyperliquid. Openings that still wait are your{" "}
            <Link className="quiet-link" to="/intents">intents</Link>; ended positions are in the <Link className="quiet-link" to="/history">history</Link>.
          </>
        }
        action={
          <>
            {count > 1 ? <Button onClick={() => setClosing(true)}>Close all</Button> : null}
            <ButtonLink kind="main" to="/positions/open">Open a position</ButtonLink>
          </>
        }
      />
      <Async
        answer={positions}
        asking="Asking the server for your positions."
        isEmpty={(data) => data.positions.length === 0}
        empty={
          <Section title="Open positions">
            <Empty>No positions. Two legs, both liquidation prices and the result will be here.</Empty>
          </Section>
        }
      >
        {(data) => (
          <>
            {data.positions.map((position) => (
              <Section
                key={position.id}
                title={<Link className="quiet-link" to={`/positions/${position.id}`}>{title(position)}</Link>}
                action={<ButtonLink size="small" to={`/positions/${position.id}`}>Details</ButtonLink>}
              >
                <PositionSummary position={position} receivedAt={positions.dataUpdatedAt} marketNow={marketNow} />
              </Section>
            ))}
          </>
        )}
      </Async>
      <CloseAllDialog open={isClosing} onOpenChange={setClosing} />
    </>
  );
}
