/** An empty account: three steps, the split of an amount, both addresses. */
import { useState } from "react";
import type { BalancesResponse, ConfigResponse, LenderRate } from "../api/schema.gen";
import { useUsualLeverage } from "../features/market/queries";
import { usePreflight } from "../features/positions/queries";
import { wrongSize } from "../features/positions/entry-state";
import { Addresses } from "../features/treasury/addresses";
import { FaucetButton } from "../features/treasury/faucet-button";
import { useWallets } from "../features/treasury/queries";
import { add, type Decimal, negate, typedAmount } from "../lib/decimal";
import { money as moneyText, type Sign } from "../lib/format";
import { useDebounced } from "../lib/use-debounced";
import { Async, Empty, Pending } from "../ui/async";
import { Stepper } from "../ui/check-list";
import { Field } from "../ui/field";
import { KeyValues } from "../ui/figure";
import { Money } from "../ui/numbers";
import { Columns, Section } from "../ui/section";

interface FirstStepsProps {
  config: ConfigResponse;
  balances: BalancesResponse | undefined;
  lender: LenderRate | undefined;
}

export function FirstSteps({ config, balances, lender }: FirstStepsProps) {
  const wallets = useWallets();
  const { ready, solana_address: solana, evm_address: evm } = wallets.data ?? {};
  return (
    <>
      <Section title="Three steps to your first position" action={<span className="text-13 text-ink3">{ready ? "1 of 3" : "0 of 3"}</span>}>
        <Stepper
          label="Steps"
          steps={[
            {
              key: "wallets",
              name: ready ? "Wallets are ready" : "Wallets are being made",
              state: ready ? "done" : "running",
              note: "Made for you alone on Solana and Arbitrum; keys stay with Privy, limited by policies.",
            },
            {
              key: "deposit",
              name: "Deposit USDC on both networks",
              state: ready ? "running" : "waiting",
              took: ready ? "now" : "then",
              note: "About 55% on Solana, 45% on Arbitrum. Below: both addresses, and the split for your amount.",
            },
            { key: "open", name: "Open a position", state: "waiting", took: "then" },
          ]}
        />
      </Section>
      <Section title="Deposit" action={<span className="text-13 text-ink3">from {moneyText(config.limits.size_min_usd)} in total</span>}>
        <Columns>
          <div className="wide:col-span-4">
            <AmountSplit config={config} lender={lender} />
            {config.paper && solana && evm ? (
              <div className="mt-4">
                <FaucetButton controlUrl={config.paper.control_url} solana={solana} evm={evm} />
              </div>
            ) : null}
          </div>
          <div className="wide:col-span-8">
            <Async answer={wallets} asking="Asking for your addresses." lines={4}>
              {(known) => <Addresses wallets={known} balances={balances} limits={config.limits} />}
            </Async>
          </div>
        </Columns>
      </Section>
      <Section title="Positions">
        <Empty>None yet. Your positions, their two legs and both liquidation prices will be here.</Empty>
      </Section>
    </>
  );
}

function AmountSplit({ config, lender }: { config: ConfigResponse; lender: LenderRate | undefined }) {
  const leverage = useUsualLeverage();
  const [text, setText] = useState("5000.00");
  const settled = useDebounced(text, 300);
  const size = wrongSize(settled, config.limits) === null ? typedAmount(settled) : null;
  const entry =
    lender && size !== null
      ? { asset: lender.asset, protocol: lender.protocol, size_usd: size, leverage }
      : null;
  const preflight = usePreflight(entry);
  const quote = preflight.data?.quote;
  const money = (value: Decimal | null | undefined, sign: Sign = "balance") =>
    entry !== null && preflight.isPending ? <Pending /> : <Money value={value} sign={sign} reason="It cannot be worked out right now." />;
  return (
    <>
      <Field
        label="If you bring"
        before="$"
        inputMode="decimal"
        value={text}
        onChange={(event) => setText(event.target.value)}
        wrong={wrongSize(text, config.limits)}
      />
      <div className="mt-3">
        <KeyValues
          rows={[
            { label: "to Solana", value: money(quote?.collateral_usdc) },
            { label: "to Arbitrum, then Hyperliquid", value: money(quote?.margin_usdc) },
            {
              label: "Getting in and out costs",
              value: money(quote ? negate(add(quote.cost_open_usd, quote.cost_close_usd)) : null, "flow"),
            },
            { label: "Earns at today’s rates", value: <>{money(quote?.earns_daily_usd, "flow")} a day</>, sum: true },
          ]}
        />
      </div>
    </>
  );
}
