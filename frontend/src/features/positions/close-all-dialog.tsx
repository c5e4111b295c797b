/** Closing every position: each with its fate and cost, one button, then all the steps. */
import { useState } from "react";
import { useIdempotencyKey } from "../../api/idempotency";
import type { PositionResponse } from "../../api/schema.gen";
import type { Decimal } from "../../lib/decimal";
import { counted, money } from "../../lib/format";
import { Async } from "../../ui/async";
import { FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { broughtBack, isTaken, useCloseAll, useClosingCosts } from "./leaving";
import { LeavingJobs } from "./leaving-jobs";
import { LeavingList } from "./leaving-list";
import { usePositions } from "./queries";

interface CloseAllDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function CloseAllDialog({ open, onOpenChange }: CloseAllDialogProps) {
  const positions = usePositions();
  const [key, renewKey] = useIdempotencyKey();
  const closing = useCloseAll(key);
  // As they were when the button was pressed: closed ones leave the list while it is read.
  const [asked, setAsked] = useState<PositionResponse[]>([]);
  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next && !closing.isPending) {
      closing.reset();
      renewKey();
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title="Close all positions?"
      lead="Each is closed by itself, one after the other where they share a wallet; usually 20 s each. A pair is taken apart only while both venues answer; until then it waits, hedged. Opening stays allowed."
    >
      {closing.data ? (
        <LeavingJobs leaving={closing.data} positions={asked} />
      ) : (
        <Async answer={positions} asking="Asking the server for your positions." means="Nothing was closed.">
          {(known) => (
            <Before
              positions={known.positions}
              isSending={closing.isPending}
              onClose={() => {
                setAsked(known.positions);
                closing.mutate();
              }}
              onKeep={() => change(false)}
            />
          )}
        </Async>
      )}
      {closing.isPending && closing.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your order has one number; sent again it stays one order.</OutcomeUnknown>
        </div>
      ) : null}
      {closing.error ? (
        <div className="mt-3">
          <FailureNote error={closing.error}>Nothing was closed: it is all or nothing that is taken on.</FailureNote>
        </div>
      ) : null}
    </Dialog>
  );
}

interface BeforeProps {
  positions: PositionResponse[];
  isSending: boolean;
  onClose: () => void;
  onKeep: () => void;
}

function Before({ positions, isSending, onClose, onKeep }: BeforeProps) {
  const costs = useClosingCosts(positions);
  if (positions.length === 0) return <p>You hold no position; there is nothing to close.</p>;
  const back = broughtBack(positions, costs, false);
  const taken = positions.filter(isTaken).length;
  return (
    <>
      <LeavingList positions={positions} costs={costs} />
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="main" disabled={isSending || taken === 0} onClick={onClose}>
          {isSending ? "Sending" : label(taken, back)}
        </Button>
        <Button disabled={isSending} onClick={onKeep}>Keep {positions.length === 1 ? "it" : "them"}</Button>
      </div>
    </>
  );
}

function label(taken: number, back: Decimal | null): string {
  if (taken === 0) return "None can be closed now";
  const all = counted(taken, "position");
  return back ? `Close ${all} for about ${money(back)}` : `Close ${all}, amount not known`;
}
