/** From Arbitrum to Hyperliquid: an amount, the button that carries it, then the steps. */
import { useState } from "react";
import { useIdempotencyKey } from "../../api/idempotency";
import { isFinished, useJob } from "../../api/jobs";
import type { LimitsConfig } from "../../api/schema.gen";
import { compare, type Decimal, floored, isZero, smallest, typedAmount } from "../../lib/decimal";
import { amount as amountText } from "../../lib/format";
import { FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { JobSteps } from "../../ui/job-steps";
import { useMoveToHyperliquid } from "./queries";

interface MoveFormProps {
  /** USDC on Arbitrum; null while not known. */
  available: Decimal | null;
  limits: LimitsConfig;
}

export function wrongMove(text: string, available: Decimal | null, limits: LimitsConfig): string | null {
  const typed = typedAmount(text);
  if (typed === null) return "This is not an amount yet.";
  if (available === null) return "What is on Arbitrum is not known right now.";
  if (compare(typed, limits.deposit_min_usdc) < 0) {
    return `Deposits under ${amountText(limits.deposit_min_usdc, "USDC")} are lost on Hyperliquid, so we do not forward them.`;
  }
  if (compare(typed, limits.deposit_max_usdc) > 0) return `At most ${amountText(limits.deposit_max_usdc, "USDC")} at a time.`;
  if (compare(typed, available) > 0) return `${amountText(available, "USDC")} is on Arbitrum.`;
  return null;
}

export function MoveForm({ available, limits }: MoveFormProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [key, renewKey] = useIdempotencyKey();
  const move = useMoveToHyperliquid(key);
  const job = useJob(move.data?.job_id ?? null);
  const suggestion = available === null ? "" : floored(smallest(available, limits.deposit_max_usdc), 2);
  const text = typed ?? suggestion;
  const wrong = wrongMove(text, available, limits);
  const sum = typedAmount(text);
  const restart = () => {
    move.reset();
    renewKey();
    setTyped(null);
  };
  if (move.data) {
    return (
      <>
        <JobSteps
          job={job.data}
          label="Moving to Hyperliquid"
          done="Credited on Hyperliquid."
          failed="What was not sent is still on Arbitrum; what was sent is followed until Hyperliquid credits it."
        />
        {isFinished(job.data) ? (
          <Button className="mt-3" onClick={restart}>
            Move more
          </Button>
        ) : null}
      </>
    );
  }
  if (available !== null && isZero(available) && move.isIdle) {
    return (
      <p className="text-13 text-ink2">
        Once USDC has arrived on Arbitrum, you move it to Hyperliquid here. Nothing is moved without you.
      </p>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && sum && move.isIdle) move.mutate(sum);
      }}
    >
      <Field
        label="Move to Hyperliquid"
        before="$"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        onChange={(event) => setTyped(event.target.value)}
        wrong={typed !== null ? wrong : null}
        hint={available === null ? "What is on Arbitrum is not known right now." : `${amountText(available, "USDC")} on Arbitrum. About a minute.`}
      />
      <Button type="submit" kind="main" className="mt-3" disabled={wrong !== null || !move.isIdle}>
        {move.isPending ? "Sending" : wrong === null && sum ? `Move ${amountText(sum, "USDC")}` : "Move"}
      </Button>
      {move.isPending && move.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your order has one number; sent again it stays one order.</OutcomeUnknown>
        </div>
      ) : null}
      {move.error ? (
        <div className="mt-3">
          <FailureNote error={move.error} action={<Button size="small" onClick={restart}>Look again</Button>}>
            Nothing was moved.
          </FailureNote>
        </div>
      ) : null}
    </form>
  );
}
