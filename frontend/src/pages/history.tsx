/** A statement that adds up, and every ended position with its six parts. */
import { centsOf, EndedTable, endedCsv, StatementSection, summed } from "../features/positions/history-tables";
import { useHistory, usePositions } from "../features/positions/queries";
import { useBalances } from "../features/treasury/queries";
import { subtract } from "../lib/decimal";
import { saveText } from "../lib/download";
import { Async, Empty, Pending } from "../ui/async";
import { Button, ButtonLink } from "../ui/button";
import { KeyValues } from "../ui/figure";
import { Age, Money } from "../ui/numbers";
import { Hint, PageHead, Section } from "../ui/section";

export function HistoryPage() {
  const history = useHistory();
  const positions = usePositions();
  const balances = useBalances();
  const ended = history.data?.positions ?? [];
  const open = positions.data?.positions ?? [];
  const endedCents = centsOf(ended);
  const openCents = centsOf(open);
  const net = summed([endedCents, openCents])?.total ?? null;
  const total = balances.data?.total_usd ?? null;
  const isAsking = balances.isPending || positions.isPending;
  return (
    <>
      <PageHead
        title="Statement"
        lead="Every line is built from the venues’ own records. Parts add up to the cent; what rounding leaves stands in the price residual."
        action={
          <>
            <Button disabled={ended.length === 0} onClick={() => saveText("positions.csv", "text/csv", endedCsv(ended))}>CSV</Button>
            <Button onClick={() => window.print()}>Print</Button>
          </>
        }
      />
      <Async answer={history} asking="Asking the server for your ended positions." lines={8}>
        {(known) => (
          <>
            <StatementSection ended={endedCents} open={openCents} />
            <Section title="From results to the account" meta={balances.data ? <Age at={balances.data.observed_at} feed="balances" suffix=" ago" /> : undefined}>
              <div className="wide:max-w-[60%]">
                <KeyValues
                  rows={[
                    { label: "Brought in, less network fees outside positions", value: isAsking ? <Pending /> : <Money value={total === null || net === null ? null : subtract(total, net)} reason="A part of it is not known." /> },
                    { label: "Result of ended positions", value: <Money value={endedCents?.total} sign="flow" reason="The result of a position is not known yet." /> },
                    { label: "Result of open positions", value: isAsking ? <Pending /> : <Money value={openCents?.total} sign="flow" reason="A part of it is not known." /> },
                    { label: "Account now", value: isAsking ? <Pending /> : <Money value={total} reason="A venue has not answered." />, sum: true },
                  ]}
                />
              </div>
            </Section>
            <Section title="Ended positions" meta={known.positions.length === 0 ? undefined : "newest first"}>
              {known.positions.length === 0 ? (
                <Empty action={<ButtonLink to="/positions/open">Open a position</ButtonLink>}>
                  None yet. Each ended position will be here with what it earned, from whom, and what it cost.
                </Empty>
              ) : (
                <>
                  <EndedTable positions={known.positions} />
                  <Hint>Fees include slippage against the oracle price and the networks’ fees.</Hint>
                </>
              )}
            </Section>
          </>
        )}
      </Async>
    </>
  );
}
