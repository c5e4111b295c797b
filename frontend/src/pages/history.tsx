/** A statement that adds up, from opening to closing balance, and every entry behind it. */
import type { StatementResponse } from "../api/schema.gen";
import { BalanceSection } from "../features/ledger/balance-section";
import { EntriesSection } from "../features/ledger/entries-section";
import { EXPORTS, useStatement } from "../features/ledger/queries";
import { ResultChart } from "../features/ledger/result-chart";
import { SourcesChart } from "../features/ledger/sources-chart";
import { StatementSection } from "../features/ledger/statement-section";
import { EndedTable, endedCsv } from "../features/positions/history-tables";
import { useHistory } from "../features/positions/queries";
import { saveText } from "../lib/download";
import { moment } from "../lib/time";
import { Async, Empty } from "../ui/async";
import { Banner } from "../ui/banner";
import { Button, ButtonLink, QuietButton } from "../ui/button";
import { Columns, Hint, PageHead, Section } from "../ui/section";

export function HistoryPage() {
  const statement = useStatement();
  const history = useHistory();
  const until = statement.data ? `Until ${moment(statement.data.until)}. ` : "";
  return (
    <>
      <PageHead
        title="Statement"
        lead={`${until}Every line is built from the venues’ own records. Parts add up to the cent; what rounding leaves stands in the price residual.`}
        action={
          <>
            <Button onClick={() => window.location.assign(EXPORTS.csv)}>CSV</Button>
            <Button title="For the accounting program of that name" onClick={() => window.location.assign(EXPORTS.beancount)}>Beancount</Button>
            <Button onClick={() => window.print()}>Print</Button>
          </>
        }
      />
      <Async answer={statement} asking="Asking the server for your statement." lines={8}>
        {(known) => <Told response={known} />}
      </Async>
      <Async answer={history} asking="Asking the server for your ended positions." lines={4}>
        {(known) => (
          <Section
            title="Ended positions"
            meta={known.positions.length === 0 ? undefined : "newest first"}
            action={known.positions.length === 0 ? undefined : <QuietButton onClick={() => saveText("positions.csv", "text/csv", endedCsv(known.positions))}>CSV</QuietButton>}
          >
            {known.positions.length === 0 ? (
              <Empty action={<ButtonLink to="/positions/open">Open a position</ButtonLink>}>
                None yet. Each ended position will be here with what it earned, from whom, and what it cost.
              </Empty>
            ) : (
              <>
                <EndedTable positions={known.positions} />
                <Hint>Fees include slippage, which is what filling cost against the price of the venues’ oracle, and the networks’ fees.</Hint>
              </>
            )}
          </Section>
        )}
      </Async>
      <EntriesSection />
    </>
  );
}

function Told({ response }: { response: StatementResponse }) {
  return (
    <>
      {response.missing.length > 0 ? (
        <div className="mt-6">
          <Banner tone="caution" title="The books are incomplete.">
            Missing: {response.missing.join("; ")}. No sum here counts it as nothing.
          </Banner>
        </div>
      ) : null}
      <StatementSection response={response} />
      <Columns>
        <BalanceSection response={response} className="wide:col-span-7" />
        <Section title="Net result" className="wide:col-span-5">
          <ResultChart days={response.days} />
        </Section>
      </Columns>
      <Section title="Where it came from">
        <SourcesChart response={response} />
      </Section>
    </>
  );
}
