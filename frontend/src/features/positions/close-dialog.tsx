/** Confirming with money: what comes back, what it costs, then the steps. */
import { useIdempotencyKey } from "../../api/idempotency";
import { isFinished, useJob } from "../../api/jobs";
import type { PositionResponse } from "../../api/schema.gen";
import { negate } from "../../lib/decimal";
import { money } from "../../lib/format";
import { FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { KeyValues } from "../../ui/figure";
import { JobSteps } from "../../ui/job-steps";
import { Money } from "../../ui/numbers";
import { CallOff } from "./call-off";
import { afterClosing, useClosingCost } from "./closing-cost";
import { useClosePosition } from "./queries";
import { isHeld } from "./words";

const LEADS: Record<string, string> = {
  stuck_unwind:
    "What is still held is closed; what is closed already is looked at and not touched again. Usually 20 s. If it is refused again, the position says why and waits for you as now.",
  quarantined:
    "What the venues really hold of this position is closed, also where it differs from our books. Usually 20 s. The order cannot be taken back once the short is closed.",
};

interface CloseDialogProps {
  position: PositionResponse;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function CloseDialog({ position, open, onOpenChange }: CloseDialogProps) {
  const [key, renewKey] = useIdempotencyKey();
  const close = useClosePosition(position.id, key);
  const job = useJob(close.data?.job_id ?? null);
  const isRunning = close.isPending || (close.data !== undefined && !isFinished(job.data));
  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next && !isRunning) {
      close.reset();
      renewKey();
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title={`Close ${position.asset} on ${position.protocol_name}?`}
      lead={LEADS[position.state] ?? `First the short is bought back, then the ${position.asset} is sold and the loan repaid. Usually 20 s. The order cannot be taken back once the short is closed.`}
    >
      {close.data ? (
        <>
          <JobSteps
            job={job.data}
            label="Closing"
            done="Both legs are closed. What came back is in your wallet; the split is in the history."
            failed="The steps above say how far it came; what is still open is shown with the position."
          />
          <CallOff job={job.data} />
        </>
      ) : (
        <Before position={position} isSending={close.isPending} onClose={() => close.mutate()} onKeep={() => change(false)} />
      )}
      {close.isPending && close.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your order has one number; sent again it stays one order.</OutcomeUnknown>
        </div>
      ) : null}
      {close.error ? (
        <div className="mt-3">
          <FailureNote error={close.error}>Nothing was closed.</FailureNote>
        </div>
      ) : null}
    </Dialog>
  );
}

interface BeforeProps {
  position: PositionResponse;
  isSending: boolean;
  onClose: () => void;
  onKeep: () => void;
}

function Before({ position, isSending, onClose, onKeep }: BeforeProps) {
  const cost = useClosingCost(position);
  const back = afterClosing(position.equity_usd, cost);
  const unknown = "It cannot be estimated right now.";
  return (
    <>
      <KeyValues
        rows={[
          { label: "Worth now", value: <Money value={position.equity_usd} reason="A leg has not been heard of." /> },
          { label: "Closing costs, estimate", value: <Money value={cost === null ? null : negate(cost)} sign="flow" reason={unknown} /> },
          { label: "You get back, about", value: <Money value={back} reason={unknown} />, sum: true },
          { label: "worth now on Solana", value: <Money value={position.long?.equity_usd} reason={unknown} /> },
          { label: "worth now on Hyperliquid", value: <Money value={position.short?.margin_usdc} reason={unknown} /> },
          {
            label: "Result of the position, about",
            value: <Money value={afterClosing(position.result?.total, cost)} sign="flow" reason={unknown} />,
          },
        ]}
      />
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="main" disabled={isSending} onClick={onClose}>
          {isSending ? "Sending" : back ? `Close for about ${money(back)}` : isHeld(position) ? "Close, amount not known" : "Close what is held"}
        </Button>
        <Button disabled={isSending} onClick={onKeep}>
          Keep it
        </Button>
      </div>
    </>
  );
}
