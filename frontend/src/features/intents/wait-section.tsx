/** In place of the last button of an opening: let it wait for conditions. */
import type { EntryRequest, LenderRate, RatesResponse } from "../../api/schema.gen";
import type { SettledHour } from "../../lib/funding";
import { Sentences } from "../../ui/sentence-field";
import { ConditionSentences } from "./condition-sentences";
import { useConditions, wishOf } from "./conditions";
import { SaveIntent } from "./save-intent";

interface WaitSectionProps {
  entry: EntryRequest | null;
  lender: LenderRate | null;
  rates: RatesResponse | undefined;
  hours: SettledHour[] | undefined;
}

export function WaitSection({ entry, lender, rates, hours }: WaitSectionProps) {
  const conditions = useConditions();
  return (
    <>
      <Sentences>
        <ConditionSentences conditions={conditions} rates={rates} lender={lender} hours={hours} />
      </Sentences>
      <SaveIntent wish={wishOf(entry, conditions.typed, rates ? new Date(rates.market_time).getTime() : null)} isElsewhere />
    </>
  );
}
