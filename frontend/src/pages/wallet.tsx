/** Where the money is, how more comes in, and what moved. */
import { useSearchParams } from "react-router";
import { useConfig } from "../api/config";
import { usePositions } from "../features/positions/queries";
import { Addresses } from "../features/treasury/addresses";
import { BalancesTable } from "../features/treasury/balances-table";
import { FaucetButton } from "../features/treasury/faucet-button";
import { MoveForm } from "../features/treasury/move-form";
import { Movements } from "../features/treasury/movements";
import { useBalances, useWallets } from "../features/treasury/queries";
import { add, compare } from "../lib/decimal";
import { amount, money } from "../lib/format";
import { Async } from "../ui/async";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { Age } from "../ui/numbers";
import { Columns, PageHead, Section } from "../ui/section";

export function WalletPage() {
  const [search, setSearch] = useSearchParams();
  const config = useConfig();
  const balances = useBalances();
  const wallets = useWallets();
  const positions = usePositions();
  const { solana_address: solana, evm_address: evm } = wallets.data ?? {};
  const legs = positions.data?.positions.map((position) => position.long?.equity_usd ?? (position.long === null ? "0" : null));
  const longEquity = legs === undefined || legs.includes(null) ? null : add("0", ...legs.filter((leg) => leg !== null));
  const waiting = balances.data?.arbitrum?.usdc ?? null;
  const total = balances.data?.total_usd;
  const deposit = () => {
    const next = new URLSearchParams(search);
    next.set("deposit", "open");
    setSearch(next);
  };
  return (
    <>
      <PageHead
        title="Wallet"
        lead={
          total
            ? `${money(total)} on three venues, in wallets made for you alone. Trading keys can trade; they cannot send money out.`
            : "Wallets made for you alone. Trading keys can trade; they cannot send money out."
        }
        action={<Button kind="main" onClick={deposit}>Deposit</Button>}
      />
      <Section
        title="Where the money is"
        meta={balances.data ? <Age at={balances.data.observed_at} feed="balances" suffix=" ago" /> : undefined}
      >
        <Async answer={balances} asking="Asking Solana, Hyperliquid and Arbitrum for your balances." lines={4} means="Your money is where it was; it cannot be shown right now.">
          {(known) => (
            <>
              <BalancesTable balances={known} longEquity={longEquity} />
              {waiting !== null && compare(waiting, "0") > 0 ? (
                <div className="mt-5">
                  <Banner tone="plain" title={`${amount(waiting, "USDC")} waits on Arbitrum.`}>
                    It earns nothing there. Moving it to Hyperliquid takes about a minute.
                  </Banner>
                </div>
              ) : null}
            </>
          )}
        </Async>
      </Section>
      <Columns className="gap-y-0">
        <div className="wide:col-span-8">
          <Section title="Deposit">
            <Async answer={wallets} asking="Asking for your addresses." lines={4}>
              {(known) =>
                config.data ? <Addresses wallets={known} balances={balances.data} limits={config.data.limits} /> : null
              }
            </Async>
          </Section>
        </div>
        <div className="wide:col-span-4">
          <Section title="Arbitrum to Hyperliquid">
            {config.data ? (
              <>
                <MoveForm available={waiting} limits={config.data.limits} />
                {config.data.paper && solana && evm ? (
                  <div className="mt-6">
                    <FaucetButton controlUrl={config.data.paper.control_url} solana={solana} evm={evm} />
                  </div>
                ) : null}
              </>
            ) : null}
          </Section>
        </div>
      </Columns>
      <Movements />
    </>
  );
}
