/** Making a position smaller: how much of both legs goes, what that frees and costs, the steps. */
import { useState } from "react";
import { useIdempotencyKey } from "../../api/idempotency";
import { isFinished, useJob } from "../../api/jobs";
import type { PositionResponse } from "../../api/schema.gen";
import { absolute, type Decimal, divide, multiply, negate, subtract } from "../../lib/decimal";
import { money } from "../../lib/format";
import { FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { KeyValues } from "../../ui/figure";
import { JobSteps } from "../../ui/job-steps";
import { Amount, Money } from "../../ui/numbers";
import { Segmented } from "../../ui/segmented";
import { afterClosing, useClosingCost } from "./closing-cost";
import { useReducePosition } from "./queries";

/** Lenders through which a part of a position can be sold. */
const SELL_PARTS = new Set([1]);
const WHOLE_PERCENT = /^[1-9]\d?$/;
const USUAL = ["25", "50", "75"] as const;

interface ReduceDialogProps {
  position: PositionResponse;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function ReduceDialog({ position, open, onOpenChange }: ReduceDialogProps) {
  const [key, renewKey] = useIdempotencyKey();
  const reduce = useReducePosition(position.id, key);
  const job = useJob(reduce.data?.job_id ?? null);
  const isRunning = reduce.isPending || (reduce.data !== undefined && !isFinished(job.data));
  const restart = () => {
    reduce.reset();
    renewKey();
  };
  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next && !isRunning) restart();
  };
  const isPossible = SELL_PARTS.has(position.protocol);
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title={`Reduce ${position.asset} on ${position.protocol_name}`}
      lead={
        isPossible
          ? "The same part of both legs goes: first the short is bought back, then the long is sold and its share of the loan repaid. What stays keeps its room on both sides. Usually 20 s."
          : undefined
      }
    >
      {!isPossible ? (
        <WhyNot lender={position.protocol_name} onKeep={() => change(false)} />
      ) : reduce.data ? (
        <JobSteps
          job={job.data}
          label="Reducing"
          done="Both legs are smaller by the same part and match. What came free is in your wallet and your margin."
          failed="The steps above say how far it came; the position’s state says what is left of it."
        />
      ) : (
        <Before position={position} isLocked={!reduce.isIdle} isSending={reduce.isPending} onReduce={(part) => reduce.mutate(part)} onKeep={() => change(false)} />
      )}
      {reduce.isPending && reduce.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your order has one number; sent again it stays one order.</OutcomeUnknown>
        </div>
      ) : null}
      {reduce.error ? (
        <div className="mt-3">
          <FailureNote error={reduce.error} action={<Button size="small" onClick={restart}>Look again</Button>}>
            Nothing was sold; the position is as it was.
          </FailureNote>
        </div>
      ) : null}
    </Dialog>
  );
}

function WhyNot({ lender, onKeep }: { lender: string; onKeep: () => void }) {
  return (
    <>
      <p className="mt-2 max-w-measure">
        Through {lender} no part of a position can be sold, only all of it. To hold less, close it and open a smaller one; both
        times cost what they always cost.
      </p>
      <Button className="mt-4" onClick={onKeep}>Keep it</Button>
    </>
  );
}

interface BeforeProps {
  position: PositionResponse;
  isLocked: boolean;
  isSending: boolean;
  onReduce: (fraction: Decimal) => void;
  onKeep: () => void;
}

function Before({ position, isLocked, isSending, onReduce, onKeep }: BeforeProps) {
  const [text, setText] = useState<string>("25");
  const part = WHOLE_PERCENT.test(text.trim()) ? divide(text.trim(), "100") : null;
  const cost = useClosingCost(position);
  const share = (whole: Decimal | null | undefined) => (part === null || whole === null || whole === undefined ? null : multiply(whole, part));
  const fee = share(cost);
  const free = afterClosing(share(position.equity_usd), fee);
  const worth = share(position.equity_usd);
  const stays = worth === null || position.equity_usd === null ? null : subtract(position.equity_usd, worth);
  const unknown = part === null ? "How much goes is not said yet." : "It cannot be estimated right now.";
  return (
    <>
      <div className="flex flex-wrap items-end gap-4">
        <div className="w-40">
          <Field
            label="How much goes"
            after="%"
            inputMode="numeric"
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
            wrong={part === null ? "Whole percent, 1 to 99." : null}
          />
        </div>
        <Segmented label="Usual parts" value={text} onChange={setText} options={USUAL.map((value) => ({ value: String(value), label: `${value}%` }))} />
      </div>
      <div className="mt-3">
        <KeyValues
          rows={[
            { label: "Bought back on Hyperliquid, about", value: <Amount value={share(position.short && absolute(position.short.size_sol))} unit="SOL" reason={unknown} /> },
            { label: "Sold on Solana, about", value: <Amount value={share(position.long?.collateral)} unit={position.asset} reason={unknown} /> },
            { label: "Costs, estimate", value: <Money value={fee === null ? null : negate(fee)} sign="flow" reason={unknown} /> },
            { label: "Comes free, about", value: <Money value={free} reason={unknown} />, sum: true },
            { label: "Stays in the position, about", value: <Money value={stays} reason={unknown} /> },
          ]}
        />
      </div>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="main" disabled={part === null || isLocked} onClick={() => part !== null && onReduce(part)}>
          {isSending ? "Sending" : part === null ? "A part is needed" : free ? `Reduce for about ${money(free)}` : `Reduce by ${text.trim()}%, amount not known`}
        </Button>
        <Button disabled={isSending} onClick={onKeep}>Keep it all</Button>
      </div>
    </>
  );
}
