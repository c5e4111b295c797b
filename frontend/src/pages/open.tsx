/** Open a position: one page, five numbered parts. */
import { Link, useSearchParams } from "react-router";
import { useConfig } from "../api/config";
import type { ConfigResponse, RatesResponse } from "../api/schema.gen";
import { PauseNotice } from "../features/control/pause-notice";
import { WaitSection } from "../features/intents/wait-section";
import { useFunding, useRates, useUsualLeverage } from "../features/market/queries";
import { OpenForm } from "../features/positions/open-form";
import { useEntryState } from "../features/positions/entry-state";
import { HISTORY_HOURS } from "../lib/funding";
import { Async } from "../ui/async";
import { PageHead } from "../ui/section";

export function OpenPage() {
  const config = useConfig();
  return (
    <>
      <PageHead
        title="Open a position"
        lead="You give one amount. It is split over two venues so that both legs hold the same SOL and both have the same room before liquidation. Nothing is sent before the last button."
        action={<Link to="/positions" className="quiet-link text-13 text-ink3">Cancel</Link>}
      />
      <PauseNotice />
      <Async answer={config} asking="Asking the server for your limits." lines={6}>
        {(known) => <WithLimits config={known} />}
      </Async>
    </>
  );
}

function WithLimits({ config }: { config: ConfigResponse }) {
  const [search] = useSearchParams();
  const wished = search.get("leverage");
  const usual = useUsualLeverage();
  const start = wished && /^[1-4]\.\d$/.test(wished) ? wished : usual;
  const first = useRates(start);
  const form = useEntryState(start, first.isPlaceholderData ? undefined : first.data?.lenders);
  const rates = useRates(form.leverage);
  const hours = useFunding(HISTORY_HOURS).data?.hours;
  return (
    <Async answer={rates} asking="Asking the lenders for their rates." lines={8}>
      {(known) => (
        <OpenForm
          form={form}
          lenders={known.lenders}
          ratesAt={oldestRate(known, rates.dataUpdatedAt)}
          limits={config.limits}
          waiting={(entry, lender) => <WaitSection entry={entry} lender={lender} rates={known} hours={hours} />}
        />
      )}
    </Async>
  );
}

function oldestRate(rates: RatesResponse, receivedAt: number): number | null {
  const ages = rates.lenders.filter((lender) => lender.is_enabled).map((lender) => lender.age_seconds);
  return ages.length === 0 ? null : receivedAt - Math.max(...ages) * 1000;
}
