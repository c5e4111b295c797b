/** Writing an intent: what to open and when, as sentences. */
import { useState } from "react";
import type { EntryRequest, LimitsConfig, RatesResponse, SettingsResponse } from "../../api/schema.gen";
import { ASSETS } from "../../lib/assets";
import { compare, typedAmount } from "../../lib/decimal";
import { amountText, leverage as leverageText, money } from "../../lib/format";
import type { SettledHour } from "../../lib/funding";
import { leverageWithin } from "../../lib/leverage";
import { Section } from "../../ui/section";
import { Sentence, SentenceInput, SentenceSelect, Sentences } from "../../ui/sentence-field";
import { ConditionSentences } from "./condition-sentences";
import { useConditions, wishOf } from "./conditions";
import { SaveIntent } from "./save-intent";

interface IntentFormProps {
  limits: LimitsConfig;
  /** What the person begins with; null while it cannot be known. */
  preferred: SettingsResponse | null;
  /** At the leverage of the form. */
  rates: RatesResponse | undefined;
  leverage: string;
  onLeverage: (leverage: string) => void;
  hours: SettledHour[] | undefined;
}

function wrongOrder(size: string, leverage: string, limits: LimitsConfig): string | null {
  const amount = typedAmount(size);
  if (amount === null) return "This is not an amount yet.";
  if (compare(amount, limits.size_min_usd) < 0) return `At least ${money(limits.size_min_usd)}.`;
  if (compare(amount, limits.size_max_usd) > 0) return `At most ${money(limits.size_max_usd)}.`;
  if (leverageWithin(leverage, limits) === null) {
    return `Leverage is between ${leverageText(limits.leverage_min)} and ${leverageText(limits.leverage_max)}, in steps of 0.1.`;
  }
  return null;
}

export function IntentForm({ limits, preferred, rates, leverage, onLeverage, hours }: IntentFormProps) {
  const [size, setSize] = useState(preferred === null ? "" : amountText(preferred.default_size_usd));
  const [asset, setAsset] = useState(preferred?.default_asset ?? "SOL");
  const conditions = useConditions();
  const wrong = wrongOrder(size, leverage, limits);
  const lender = rates?.lenders.find((one) => one.asset === asset && one.is_enabled && !one.unavailable) ?? null;
  const isUnsafe = wrong === null && lender !== null && compare(leverage, lender.safe_leverage) > 0;
  const entry: EntryRequest | null =
    wrong === null ? { asset, size_usd: typedAmount(size) ?? "0", leverage: typedAmount(leverage) ?? "0", protocol: null } : null;
  const wish = wishOf(entry, conditions.typed, rates ? new Date(rates.market_time).getTime() : null);
  return (
    <Section title="Write an intent" id="write">
      <Sentences>
        <Sentence
          wrong={wrong ?? (isUnsafe ? `${leverage}x leaves too little room on ${lender.protocol_name}. Choose ${lender.safe_leverage}x or less.` : null)}
          effect={lender ? `At the best lender then; ${lender.protocol_name} now.` : `No lender takes ${asset} now.`}
        >
          Open
          <SentenceInput name="Amount" before="$" value={size} digits={9} isWrong={wrong !== null} onChange={(event) => setSize(event.target.value)} />
          in
          <SentenceSelect name="Asset" value={asset} options={ASSETS} onChange={setAsset} />
          at
          <SentenceInput name="Leverage" after="x" value={leverage} digits={3} isWrong={wrong !== null || isUnsafe} onChange={(event) => onLeverage(event.target.value)} />
        </Sentence>
        <ConditionSentences conditions={conditions} rates={rates} lender={lender} hours={hours} />
      </Sentences>
      <SaveIntent wish={isUnsafe ? null : wish} />
    </Section>
  );
}
