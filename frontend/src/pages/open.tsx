/** Open a position: one page, five numbered parts. */
import { Link, useSearchParams } from "react-router";
import { useConfig } from "../api/config";
import type { ConfigResponse, RatesResponse, SettingsResponse } from "../api/schema.gen";
import { useSettings } from "../api/settings";
import { PauseNotice } from "../features/control/pause-notice";
import { WaitSection } from "../features/intents/wait-section";
import { useFunding, useRates, useUsualLeverage } from "../features/market/queries";
import { OpenForm } from "../features/positions/open-form";
import { useEntryState } from "../features/positions/entry-state";
import { HISTORY_HOURS } from "../lib/funding";
import { leverageWithin } from "../lib/leverage";
import { Async, Loading } from "../ui/async";
import { PageHead } from "../ui/section";

export function OpenPage() {
  const config = useConfig();
  const settings = useSettings();
  return (
    <>
      <PageHead
        title="Open a position"
        lead="You give one amount. It is split over two venues so that both legs hold the same SOL and both have the same room before liquidation. Nothing is sent before the last button."
        action={<Link to="/positions" className="quiet-link text-13 text-ink3">Cancel</Link>}
      />
      <PauseNotice />
      <Async answer={config} asking="Asking the server for your limits." lines={6}>
        {(known) =>
          !settings.isFetched ? (
            <Loading asking="Asking the server for what you begin with." lines={6} />
          ) : (
            <WithLimits config={known} preferred={settings.data ?? null} />
          )
        }
      </Async>
    </>
  );
}

function WithLimits({ config, preferred }: { config: ConfigResponse; preferred: SettingsResponse | null }) {
  const [search] = useSearchParams();
  const wished = search.get("leverage");
  const usual = useUsualLeverage();
  const start = wished && leverageWithin(wished, config.limits) !== null ? wished : usual;
  const first = useRates(start);
  const form = useEntryState(start, first.isPlaceholderData ? undefined : first.data?.lenders, preferred);
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
