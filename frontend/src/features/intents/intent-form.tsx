/** Writing an intent: what to open and when, as sentences. */
import { useState } from "react";
import type { EntryRequest, LimitsConfig, RatesResponse } from "../../api/schema.gen";
import { compare, typedAmount } from "../../lib/decimal";
import { money } from "../../lib/format";
import type { SettledHour } from "../../lib/funding";
import { Section } from "../../ui/section";
import { Sentence, SentenceInput, SentenceSelect, Sentences } from "../../ui/sentence-field";
import { ConditionSentences } from "./condition-sentences";
import { useConditions, wishOf } from "./conditions";
import { SaveIntent } from "./save-intent";

interface IntentFormProps {
  limits: LimitsConfig;
  /** At the leverage of the form. */
  rates: RatesResponse | undefined;
  leverage: string;
  onLeverage: (leverage: string) => void;
  hours: SettledHour[] | undefined;
}

const ASSETS = ["SOL", "jitoSOL", "jupSOL", "INF"];

function wrongOrder(size: string, leverage: string, limits: LimitsConfig): string | null {
  const amount = typedAmount(size);
  if (amount === null) return "This is not an amount yet.";
  if (compare(amount, limits.size_min_usd) < 0) return `At least ${money(limits.size_min_usd)}.`;
  if (compare(amount, limits.size_max_usd) > 0) return `At most ${money(limits.size_max_usd)}.`;
  const times = typedAmount(leverage);
  if (times === null || compare(times, "1.1") < 0 || compare(times, "4") > 0) return "Leverage is between 1.1x and 4x.";
  return null;
}

export function IntentForm({ limits, rates, leverage, onLeverage, hours }: IntentFormProps) {
  const [size, setSize] = useState("1000.00");
  const [asset, setAsset] = useState("SOL");
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
