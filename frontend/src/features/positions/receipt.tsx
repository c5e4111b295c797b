/** Sums before sending. */
import type { EntryQuote } from "../../api/schema.gen";
import { add, type Decimal, negate } from "../../lib/decimal";
import { approx } from "../../lib/decimal";
import { counted } from "../../lib/format";
import { BreakEvenDial } from "../../ui/charts/break-even-dial";
import { KeyValues } from "../../ui/figure";
import { Amount, Money } from "../../ui/numbers";

function days(value: Decimal | null): number | null {
  return value === null ? null : Math.ceil(approx(value));
}

export function Receipt({ quote }: { quote: EntryQuote }) {
  return (
    <>
      <KeyValues
        rows={[
          { label: "Buy on Solana", value: <Amount value={quote.collateral_tokens} unit={quote.asset} /> },
          { label: "Borrow there", value: <Amount value={quote.borrow_usdc} unit="USDC" /> },
          { label: "Sell short", value: <Amount value={quote.short_sol} unit="SOL" /> },
          { label: "Long liquidated at", value: <Money value={quote.long_liquidation_price} /> },
          { label: "Short liquidated at", value: <Money value={quote.short_liquidation_price} /> },
          { label: "Cost to open", value: <Money value={negate(quote.cost_open_usd)} sign="flow" /> },
          { label: "Cost to close, estimate", value: <Money value={negate(quote.cost_close_usd)} sign="flow" /> },
          { label: "Earns at today’s rates", value: <><Money value={quote.earns_daily_usd} sign="flow" /> a day</>, sum: true },
        ]}
      />
      <BackIn quote={quote} />
    </>
  );
}

function BackIn({ quote }: { quote: EntryQuote }) {
  const stay = days(quote.break_even_days);
  const half = days(quote.break_even_days_half_funding);
  const none = days(quote.break_even_days_no_funding);
  return (
    <div className="my-5 flex items-center gap-5">
      <BreakEvenDial
        costs={[
          { name: "to open", value: quote.cost_open_usd },
          { name: "to close", value: quote.cost_close_usd, isEstimate: true },
        ]}
        earned="0"
        big={stay === null ? "never" : String(stay)}
        small={stay === null ? "at these rates" : stay === 1 ? "day" : "days"}
      />
      <p className="text-13 text-ink2">
        {stay === null ? (
          <>At these rates income does not exceed costs. Opening loses money.</>
        ) : (
          <>
            Costs of <Money value={add(quote.cost_open_usd, quote.cost_close_usd)} /> come back in{" "}
            <strong className="text-ink">{counted(stay, "day")}</strong> if rates stay,{" "}
            {half === null ? "never" : half} if funding halves, {none === null ? "never" : none} if it stops. Leaving sooner
            loses money.
          </>
        )}
      </p>
    </div>
  );
}
