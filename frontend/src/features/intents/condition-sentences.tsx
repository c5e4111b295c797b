/** The conditions as sentences, each with what is true of it now. */
import type { LenderRate, RatesResponse } from "../../api/schema.gen";
import { money, percent, signedWords } from "../../lib/format";
import { howOften, type SettledHour } from "../../lib/funding";
import { moment } from "../../lib/time";
import { Sentence, SentenceInput } from "../../ui/sentence-field";
import { endsAt, fraction, type useConditions, wrongConditions } from "./conditions";

interface ConditionSentencesProps {
  conditions: ReturnType<typeof useConditions>;
  rates: RatesResponse | undefined;
  /** The way it would be opened now; null while none is known. */
  lender: LenderRate | null;
  hours: SettledHour[] | undefined;
}

export function ConditionSentences({ conditions, rates, lender, hours }: ConditionSentencesProps) {
  const { typed, set } = conditions;
  const wrong = wrongConditions(typed);
  const ends = endsAt(typed.days, rates ? new Date(rates.market_time).getTime() : null);
  return (
    <>
      <Sentence wrong={wrong.funding} effect={<Earned typed={typed.funding} rates={rates} hours={hours} />}>
        when the short earns at least
        <SentenceInput name="Least the short must earn, percent a year" value={typed.funding} placeholder="0" isWrong={"funding" in wrong} onChange={(event) => set("funding")(event.target.value)} after="% a year" />
        now and in the next hour
      </Sentence>
      <Sentence wrong={wrong.net} effect={lender?.net_apr ? `${signedWords(percent(lender.net_apr, 1))} at the last day’s rates.` : "Not known now."}>
        and at least
        <SentenceInput name="Least that is left on your capital, percent a year" value={typed.net} placeholder="0" isWrong={"net" in wrong} onChange={(event) => set("net")(event.target.value)} after="% a year" />
        is left on my capital after borrowing
      </Sentence>
      <Sentence wrong={wrong.steady} effect="How far an hour’s yearly rate is from the week’s mean, typically; 0.50 is 50 points.">
        while funding swings by at most
        <SentenceInput name="Most that funding may swing" value={typed.steady} isWrong={"steady" in wrong} onChange={(event) => set("steady")(event.target.value)} digits={4} />
        over the last week
      </Sentence>
      <Sentence wrong={wrong.price} effect={rates ? `${money(rates.mark_price)} now.` : null}>
        and SOL costs at most
        <SentenceInput name="Highest price of SOL" value={typed.price} placeholder="any" before="$" isWrong={"price" in wrong} onChange={(event) => set("price")(event.target.value)} digits={7} />
      </Sentence>
      <Sentence wrong={wrong.days} effect={ends ? `${moment(ends.getTime())}, market time.` : null}>
        Give up after
        <SentenceInput name="Days until it is given up" value={typed.days} isWrong={"days" in wrong} onChange={(event) => set("days")(event.target.value)} digits={3} after="days" />
      </Sentence>
    </>
  );
}

function Earned({ typed, rates, hours }: { typed: string; rates: RatesResponse | undefined; hours: SettledHour[] | undefined }) {
  if (!rates) return null;
  const { now_apr, predicted_apr } = rates.funding;
  const next = predicted_apr === null ? "not known" : signedWords(percent(predicted_apr, 2));
  return (
    <>
      {signedWords(percent(now_apr, 2))} now, {next} next hour. {howOften(fraction(typed), hours)}
    </>
  );
}
