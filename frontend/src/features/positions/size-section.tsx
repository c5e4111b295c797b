import type { BalanceCheckResponse, EntryQuote, LimitsConfig } from "../../api/schema.gen";
import { leverage as leverageText, money } from "../../lib/format";
import { SplitBar } from "../../ui/charts/split-bar";
import { Field } from "../../ui/field";
import { Columns, Section } from "../../ui/section";
import { mostCapital, wrongSize } from "./entry-state";

interface SizeSectionProps {
  text: string;
  onChange: (text: string) => void;
  limits: LimitsConfig;
  leverage: string;
  quote: EntryQuote | null;
  ready: BalanceCheckResponse | undefined;
}

export function SizeSection({ text, onChange, limits, leverage, quote, ready }: SizeSectionProps) {
  const most = quote ? mostCapital(ready?.solana_usdc, ready?.hyperliquid_usdc, quote.collateral_share) : null;
  const known = (value: string | null) => (value === null ? "an unknown amount" : money(value));
  const there = ready ? `${known(ready.solana_usdc)} on Solana and ${known(ready.hyperliquid_usdc)} on Hyperliquid ready; ` : "";
  return (
    <Section
      title="1. How much"
      meta={`${there}${money(limits.size_min_usd)} to ${money(limits.size_max_usd)} allowed`}
    >
      <Columns>
        <div className="wide:col-span-5">
          <Field
            label="Your capital, both legs"
            before="$"
            inputMode="decimal"
            autoComplete="off"
            value={text}
            onChange={(event) => onChange(event.target.value)}
            wrong={wrongSize(text, limits)}
            hint={most ? `At ${leverageText(leverage)} you could use up to ${money(most)} now.` : "Split over two venues so that both have the same room."}
          />
        </div>
        <div className="wide:col-span-7">
          {quote ? <SplitBar solana={quote.collateral_usdc} hyperliquid={quote.margin_usdc} /> : null}
        </div>
      </Columns>
    </Section>
  );
}
