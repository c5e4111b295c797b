/** Both addresses, what is on each venue, and the way on to Hyperliquid. */
import type { ConfigResponse } from "../../api/schema.gen";
import type { Decimal } from "../../lib/decimal";
import { Async, Pending } from "../../ui/async";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { KeyValues } from "../../ui/figure";
import { Amount } from "../../ui/numbers";
import { Addresses } from "./addresses";
import { FaucetButton } from "./faucet-button";
import { MoveForm } from "./move-form";
import { useBalances, useWallets } from "./queries";

interface DepositDialogProps {
  config: ConfigResponse;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function DepositDialog({ config, open, onOpenChange }: DepositDialogProps) {
  const wallets = useWallets();
  const balances = useBalances();
  const onArbitrum = balances.data?.arbitrum?.usdc ?? null;
  const { solana_address: solana, evm_address: evm } = wallets.data ?? {};
  const there = (value: Decimal | null | undefined) =>
    balances.isPending ? <Pending /> : <Amount value={value} unit="USDC" reason="The network does not answer." />;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      width="wide"
      title="Deposit"
      lead="A position needs USDC on both sides: about 55% on Solana, 45% on Hyperliquid by way of Arbitrum."
    >
      <Async answer={wallets} asking="Asking for your addresses." lines={4}>
        {(known) => <Addresses wallets={known} balances={balances.data} limits={config.limits} />}
      </Async>
      <div className="mt-6 grid gap-6 border-t border-ink pt-3 tablet:grid-cols-2">
        <div>
          <h3 className="text-13 font-semibold">What is there</h3>
          <KeyValues
            rows={[
              { label: "Solana", value: there(balances.data?.solana?.usdc) },
              { label: "Arbitrum", value: there(onArbitrum) },
              { label: "Hyperliquid, free", value: there(balances.data?.hyperliquid?.withdrawable_usdc) },
            ]}
          />
          {config.paper && solana && evm ? (
            <div className="mt-4">
              <FaucetButton controlUrl={config.paper.control_url} solana={solana} evm={evm} />
            </div>
          ) : null}
        </div>
        <div>
          <MoveForm available={onArbitrum} limits={config.limits} />
        </div>
      </div>
      <div className="mt-6">
        <Button onClick={() => onOpenChange(false)}>Go to the dashboard</Button>
      </div>
    </Dialog>
  );
}
