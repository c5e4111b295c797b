/** The emergency stop, in two steps: what it does, then the button that does it. */
import { useState } from "react";
import { useIdempotencyKey } from "../../api/idempotency";
import type { PositionResponse } from "../../api/schema.gen";
import { counted } from "../../lib/format";
import { FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { useClosingCosts, useEmergencyStop } from "./leaving";
import { LeavingJobs } from "./leaving-jobs";
import { LeavingList } from "./leaving-list";
import { usePositions } from "./queries";

interface StopDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function StopDialog({ open, onOpenChange }: StopDialogProps) {
  const positions = usePositions();
  const [isSure, setSure] = useState(false);
  const [key, renewKey] = useIdempotencyKey();
  const stop = useEmergencyStop(key);
  const [asked, setAsked] = useState<PositionResponse[]>([]);
  const held = positions.data?.positions ?? [];
  const change = (next: boolean) => {
    onOpenChange(next);
    if (next || stop.isPending) return;
    setSure(false);
    stop.reset();
    renewKey();
  };
  const send = () => {
    setAsked(held);
    stop.mutate("Emergency stop from the dashboard");
  };
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title="Emergency stop"
      lead={stop.data ? "Opening is paused until you resume it in the settings. What can be reached is being closed." : undefined}
    >
      {stop.data ? (
        <LeavingJobs leaving={stop.data} positions={asked} isEmergency />
      ) : isSure ? (
        <Sure positions={held} isKnown={positions.data !== undefined} isSending={stop.isPending} onStop={send} onBack={() => setSure(false)} />
      ) : (
        <WhatItDoes onGo={() => setSure(true)} onKeep={() => change(false)} />
      )}
      {stop.isPending && stop.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your order has one number; sent again it stays one order.</OutcomeUnknown>
        </div>
      ) : null}
      {stop.error ? (
        <div className="mt-3">
          <FailureNote error={stop.error}>
            Opening may be paused already; whether anything is being closed, the positions say. Stopping twice does no harm.
          </FailureNote>
        </div>
      ) : null}
    </Dialog>
  );
}

function WhatItDoes({ onGo, onKeep }: { onGo: () => void; onKeep: () => void }) {
  return (
    <>
      <ul className="mt-2 grid max-w-measure list-disc gap-2 pl-5 text-ink2">
        <li>Opening is paused at once.</li>
        <li>
          Every position is closed at once, each leg as soon as its venue answers. If one venue is away, the other leg is closed
          all the same: <strong className="text-ink">what is left moves with the price</strong> until that venue answers.
        </li>
        <li>What is being opened right now is closed as soon as both legs are there.</li>
        <li>It stays in force until you resume opening. Closed legs cannot be brought back.</li>
      </ul>
      <p className="mt-3 max-w-measure text-13 text-ink2">Without hurry, “Close all” is better: it keeps every pair hedged until both venues answer.</p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="danger" onClick={onGo}>Go on to the last step</Button>
        <Button onClick={onKeep}>Stop nothing</Button>
      </div>
    </>
  );
}

interface SureProps {
  positions: PositionResponse[];
  isKnown: boolean;
  isSending: boolean;
  onStop: () => void;
  onBack: () => void;
}

function Sure({ positions, isKnown, isSending, onStop, onBack }: SureProps) {
  const costs = useClosingCosts(positions);
  const what = !isKnown ? "everything" : positions.length === 0 ? "" : counted(positions.length, "position");
  return (
    <>
      {isKnown ? null : <p className="mt-2">What you hold is not known right now; the stop closes all of it.</p>}
      {positions.length > 0 ? <LeavingList positions={positions} costs={costs} isEmergency /> : null}
      {isKnown && positions.length === 0 ? <p className="mt-2">You hold no position. Opening is paused all the same.</p> : null}
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="main" disabled={isSending} onClick={onStop}>
          {isSending ? "Sending" : what ? `Stop and close ${what} now` : "Stop now"}
        </Button>
        <Button disabled={isSending} onClick={onBack}>Back</Button>
      </div>
    </>
  );
}
