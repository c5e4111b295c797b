/** One amount, split over two venues; nothing is sent before the last button. */
import { type ReactNode, useState } from "react";
import type { EntryRequest, LenderRate, LimitsConfig } from "../../api/schema.gen";
import { compare } from "../../lib/decimal";
import { leverage as leverageText, percent } from "../../lib/format";
import { useDebounced } from "../../lib/use-debounced";
import { PriceAxis } from "../../ui/charts/price-axis";
import { LeverageSlider } from "../../ui/leverage-slider";
import { Columns, Hint, Section } from "../../ui/section";
import { Segmented } from "../../ui/segmented";
import { ChecksSection } from "./checks-section";
import { ChoiceSection } from "./choice-section";
import { ConfirmSection } from "./confirm-section";
import { entryOf, type useEntryState } from "./entry-state";
import { useBalanceCheck, usePreflight } from "./queries";
import { SizeSection } from "./size-section";

interface OpenFormProps {
  form: ReturnType<typeof useEntryState>;
  lenders: LenderRate[];
  /** Host time of the oldest rate. */
  ratesAt: number | null;
  limits: LimitsConfig;
  /** What stands in the last part when the opening is to wait. */
  waiting?: (entry: EntryRequest | null, lender: LenderRate | null) => ReactNode;
}

type When = "now" | "later";

export function OpenForm({ form, lenders, ratesAt, limits, waiting }: OpenFormProps) {
  const { choice } = form;
  const [when, setWhen] = useState<When>("now");
  const lender =
    lenders.find((one) => one.protocol === choice?.protocol && one.asset === choice.asset && one.is_enabled) ?? null;
  const entry = entryOf(form.sizeText, lender?.unavailable === null ? choice : null, form.leverage, limits);
  const written = JSON.stringify(entry);
  const settled = useDebounced(written, 300);
  const preflight = usePreflight(JSON.parse(settled) as typeof entry);
  const ready = useBalanceCheck();
  const isCurrent = settled === written && !preflight.isPlaceholderData && !preflight.error && preflight.data !== undefined;
  const shown = entry === null ? undefined : preflight.data;
  const quote = shown?.quote ?? null;

  return (
    <Columns className="gap-y-0">
      <div className="wide:col-span-8">
        <SizeSection
          text={form.sizeText}
          onChange={form.setSizeText}
          limits={limits}
          leverage={form.leverage}
          quote={quote}
          ready={ready.data}
        />
        <ChoiceSection lenders={lenders} at={ratesAt} choice={choice} leverage={form.leverage} onChange={form.setChoice} />
        <Section title="3. Leverage" action={<strong>{leverageText(form.leverage)}</strong>}>
          <LeverageSlider
            bounds={limits}
            value={form.leverage}
            onChange={form.setLeverage}
            safeMaximum={lender?.safe_leverage ?? null}
            venue={lender?.protocol_name ?? "any lender"}
          />
          {lender ? <LeverageWords leverage={form.leverage} lender={lender} health={quote?.opening_health ?? lender.opening_health} /> : null}
          {quote ? (
            <div className="mt-6">
              <PriceAxis
                walls={{
                  mark: quote.mark_price,
                  longLiquidation: quote.long_liquidation_price,
                  longDefence: quote.long_defence_price,
                  shortDefence: quote.short_defence_price,
                  shortLiquidation: quote.short_liquidation_price,
                }}
              />
            </div>
          ) : null}
        </Section>
        <ChecksSection preflight={shown} error={entry === null ? null : preflight.error} isComplete={entry !== null} />
      </div>
      <aside className="wide:col-span-4">
        {waiting ? (
          <div className="mt-8 tablet:mt-12">
            <Segmented
              label="When to open"
              value={when}
              onChange={setWhen}
              options={[{ value: "now", label: "Open now" }, { value: "later", label: "Wait for conditions" }]}
            />
          </div>
        ) : null}
        {waiting && when === "later" ? (
          <Section title="5. When">{waiting(entry, lender)}</Section>
        ) : (
          <ConfirmSection entry={entry} preflight={shown} isCurrent={isCurrent} />
        )}
      </aside>
    </Columns>
  );
}

function LeverageWords({ leverage, lender, health }: { leverage: string; lender: LenderRate; health: string }) {
  if (compare(leverage, lender.safe_leverage) > 0) {
    return (
      <Hint tone="danger">
        At {leverageText(leverage)} the position would open with health {percent(health, 1)}; that leaves too little room on{" "}
        {lender.protocol_name}. {leverageText(lender.safe_leverage)} or less would pass.
      </Hint>
    );
  }
  return (
    <Hint>
      Opens with health {percent(health, 1)}: SOL may fall that far before {lender.protocol_name} liquidates.
    </Hint>
  );
}
