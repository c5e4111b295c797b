/** What the form for a new position begins with; the server keeps it. */
import { type FormEvent, useState } from "react";
import { useConfig } from "../api/config";
import type { LimitsConfig, SettingsResponse } from "../api/schema.gen";
import { useSaveSettings, useSettings } from "../api/settings";
import { wrongSize } from "../features/positions/entry-state";
import { ASSETS } from "../lib/assets";
import { compare, rounded, typedAmount } from "../lib/decimal";
import { amountText, leverage as leverageText, money } from "../lib/format";
import { leverageWithin } from "../lib/leverage";
import { Async } from "../ui/async";
import { FailureNote } from "../ui/banner";
import { Button } from "../ui/button";
import { Hint, Section } from "../ui/section";
import { Sentence, SentenceInput, SentenceSelect, Sentences } from "../ui/sentence-field";

export function BeginningSection() {
  const settings = useSettings();
  const config = useConfig();
  return (
    <Section title="What a new position begins with">
      <Async answer={settings} asking="Asking the server for what you begin with." lines={2}>
        {(known) => (config.data ? <Known key={JSON.stringify(begins(known))} settings={known} limits={config.data.limits} /> : null)}
      </Async>
    </Section>
  );
}

const begins = ({ default_asset, default_leverage, default_size_usd }: SettingsResponse) => [default_asset, default_leverage, default_size_usd];

function Known({ settings, limits }: { settings: SettingsResponse; limits: LimitsConfig }) {
  const save = useSaveSettings();
  const [size, setSize] = useState(amountText(settings.default_size_usd));
  const [asset, setAsset] = useState(settings.default_asset);
  const [leverage, setLeverage] = useState(rounded(settings.default_leverage, 1));
  const amount = typedAmount(size);
  const times = leverageWithin(leverage, limits);
  const wrongAmount = wrongSize(size, limits);
  const wrongLeverage = times === null ? `Between ${leverageText(limits.leverage_min)} and ${leverageText(limits.leverage_max)}, in steps of 0.1.` : null;
  const isSame =
    amount !== null &&
    times !== null &&
    compare(amount, settings.default_size_usd) === 0 &&
    compare(times, settings.default_leverage) === 0 &&
    asset === settings.default_asset;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (amount === null || times === null) return;
    save.mutate({ default_asset: asset, default_leverage: times, default_size_usd: amount });
  };
  return (
    <form onSubmit={submit}>
      <Sentences>
        <Sentence wrong={wrongAmount ?? wrongLeverage} effect={`${money(limits.size_min_usd)} to ${money(limits.size_max_usd)} is allowed.`}>
          Begin with
          <SentenceInput name="Amount" before="$" value={size} digits={9} isWrong={wrongAmount !== null} onChange={(event) => setSize(event.target.value)} />
          in
          <SentenceSelect name="Asset" value={asset} options={ASSETS} onChange={setAsset} />
          at
          <SentenceInput name="Leverage" after="x" value={leverage} digits={3} isWrong={wrongLeverage !== null} onChange={(event) => setLeverage(event.target.value)} />
        </Sentence>
      </Sentences>
      <div className="mt-4">
        <Button type="submit" disabled={isSame || wrongAmount !== null || wrongLeverage !== null || save.isPending}>Save</Button>
      </div>
      <Hint>
        Rates everywhere are shown at this leverage, or at the most the best lender allows safely. Nothing is opened by this, and no position changes.
      </Hint>
      {save.error ? <FailureNote error={save.error}>It stays as it was.</FailureNote> : null}
    </form>
  );
}
