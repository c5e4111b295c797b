/** From the opening to the closing balance; what cannot be valued stands below, in its own units. */
import type { StatementResponse } from "../../api/schema.gen";
import { isZero, negate } from "../../lib/decimal";
import { amount } from "../../lib/format";
import { moment } from "../../lib/time";
import { KeyValues } from "../../ui/figure";
import { Money } from "../../ui/numbers";
import { Hint, Section } from "../../ui/section";
import { balancesOf } from "./columns";
import { accountWords } from "./words";

export function BalanceSection({ response, className }: { response: StatementResponse; className?: string }) {
  const { opening, deposits, withdrawals, fee, net, closing } = balancesOf(response);
  const { unvalued } = response.statement;
  return (
    <Section title="From opening to closing balance" className={className}>
      <KeyValues
        rows={[
          { key: "opening", label: `Balance, ${moment(response.since)}`, value: <Money value={opening} /> },
          { key: "deposits", label: "Brought in", value: <Money value={deposits} sign="flow" tone="ink" /> },
          { key: "withdrawals", label: "Taken out", value: <Money value={negate(withdrawals)} sign="flow" tone="ink" /> },
          { key: "net", label: "Net result", value: <Money value={net} sign="flow" /> },
          ...(isZero(fee) ? [] : [{ key: "fee", label: "Performance fee, owed", value: <Money value={negate(fee)} sign="flow" /> }]),
          { key: "closing", label: `Balance, ${moment(response.until)}`, value: <Money value={closing} />, sum: true },
        ]}
      />
      {unvalued.length > 0 ? (
        <Hint>
          Not valued, and in no sum:{" "}
          {unvalued
            .filter(({ account }) => !account.startsWith("equity:"))
            .map(({ account, commodity, quantity }) => `${accountWords(account)} ${amount(quantity, commodity)}`)
            .join(", ")}
          .
        </Hint>
      ) : null}
    </Section>
  );
}
