/** Standing orders: what waits and for what, how to write one, what became of earlier ones. */
import { useState } from "react";
import { useConfig } from "../api/config";
import type { IntentResponse } from "../api/schema.gen";
import { useSettings } from "../api/settings";
import { PauseNotice } from "../features/control/pause-notice";
import { Why } from "../features/decisions/why";
import { EarlierIntents } from "../features/intents/earlier-intents";
import { IntentForm } from "../features/intents/intent-form";
import { useIntents } from "../features/intents/queries";
import { WaitingIntent } from "../features/intents/waiting-intent";
import { asked, isWaiting, lineOf } from "../features/intents/words";
import { FundingHistory } from "../features/market/funding-history";
import { useFunding, useRates, useUsualLeverage } from "../features/market/queries";
import { HISTORY_HOURS } from "../lib/funding";
import { leverageWithin } from "../lib/leverage";
import { Async, Empty, Loading } from "../ui/async";
import { PageHead, Section } from "../ui/section";

const whyLink = (intent: IntentResponse) => <Why about={{ subject: `intent:${intent.id}` }} of={asked(intent)} />;

export function IntentsPage() {
  const intents = useIntents();
  const hours = useFunding(HISTORY_HOURS).data?.hours;
  return (
    <>
      <PageHead
        title="Intents"
        lead="An intent is a standing order: open when all of these hold at the same time. We look every minute and tell you what is missing."
        action={<a className="quiet-link text-13 text-ink2" href="#write">Write one</a>}
      />
      <PauseNotice />
      <Async answer={intents} asking="Asking the server for your intents." means="Your intents wait as they are; this page cannot show them." lines={6}>
        {(data) => {
          const waiting = data.intents.filter(isWaiting);
          return (
            <>
              {waiting.length === 0 ? (
                <Section title="Waiting">
                  <Empty>Nothing waits. Write what must hold, and the position opens by itself when it does.</Empty>
                </Section>
              ) : (
                waiting.map((intent) => (
                  <WaitingIntent
                    key={intent.id}
                    intent={intent}
                    hours={hours}
                    whyLink={whyLink(intent)}
                    history={<FundingHistory lines={[lineOf(intent)]} />}
                  />
                ))
              )}
              <Writing hours={hours} />
              <EarlierIntents intents={data.intents.filter((intent) => !isWaiting(intent))} whyLink={whyLink} />
            </>
          );
        }}
      </Async>
    </>
  );
}

function Writing({ hours }: { hours: Parameters<typeof IntentForm>[0]["hours"] }) {
  const config = useConfig();
  const usual = useUsualLeverage();
  const [typed, setLeverage] = useState<string | null>(null);
  const leverage = typed ?? usual;
  const limits = config.data?.limits;
  const isLeverage = limits !== undefined && leverageWithin(leverage, limits) !== null;
  const rates = useRates(isLeverage ? leverage : usual);
  const settings = useSettings();
  if (!settings.isFetched) return <Loading asking="Asking the server for what you begin with." />;
  return (
    <Async answer={config} asking="Asking the server for your limits.">
      {(known) => (
        <IntentForm limits={known.limits} preferred={settings.data ?? null} rates={rates.data} leverage={leverage} onLeverage={setLeverage} hours={hours} />
      )}
    </Async>
  );
}
