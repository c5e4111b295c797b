/** Test money of the simulated world; only where there is one. */
import { amount } from "../../lib/format";
import { FailureNote } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Hint } from "../../ui/section";
import { TEST_MONEY, useFaucet } from "./queries";

interface FaucetButtonProps {
  controlUrl: string;
  solana: string;
  evm: string;
}

export function FaucetButton({ controlUrl, solana, evm }: FaucetButtonProps) {
  const faucet = useFaucet(controlUrl);
  return (
    <div>
      <Button disabled={faucet.isPending} onClick={() => faucet.mutate({ solana, evm })}>
        {faucet.isPending ? "Sending test money" : "Get test money"}
      </Button>
      <Hint>
        {faucet.isSuccess
          ? "Sent on both networks, with SOL and ETH for fees. It is seen within seconds."
          : `${amount(TEST_MONEY.usdc_solana, "USDC")} on Solana and ${amount(TEST_MONEY.usdc_arbitrum, "USDC")} on Arbitrum, with SOL and ETH for fees. Worth nothing.`}
      </Hint>
      {faucet.error ? <FailureNote error={faucet.error}>No test money was sent. The simulated world must be running.</FailureNote> : null}
    </div>
  );
}
