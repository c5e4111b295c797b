/** The receipt, the button that carries the amount, and the steps once it is pressed. */
import { ButtonLink } from "../../ui/button";
import { useState } from "react";
import { useIdempotencyKey } from "../../api/idempotency";
import { isFinished, useJob } from "../../api/jobs";
import type { EntryRequest, PreflightResponse } from "../../api/schema.gen";
import { counted, money } from "../../lib/format";
import { lasting } from "../../lib/time";
import { useNow } from "../../lib/use-now";
import { FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { JobSteps } from "../../ui/job-steps";
import { Hint, Section } from "../../ui/section";
import { failing } from "./checks-section";
import { useOpenPosition } from "./queries";
import { Receipt } from "./receipt";

interface ConfirmSectionProps {
  entry: EntryRequest | null;
  preflight: PreflightResponse | undefined;
  /** False while the checks shown belong to an older entry, or could not be made. */
  isCurrent: boolean;
}

export function ConfirmSection({ entry, preflight, isCurrent }: ConfirmSectionProps) {
  const [key, renewKey] = useIdempotencyKey();
  const open = useOpenPosition(key);
  const job = useJob(open.data?.job_id ?? null);
  const [sentAt, setSentAt] = useState(0);
  const bad = preflight ? failing(preflight) : 0;
  const canSend = entry !== null && isCurrent && preflight?.passed === true && open.isIdle;
  const restart = () => {
    open.reset();
    renewKey();
  };
  const send = () => {
    if (!canSend || !entry) return;
    setSentAt(Date.now());
    open.mutate(entry);
  };
  return (
    <Section title="5. Confirm" className="wide:sticky wide:top-0">
      {preflight?.quote ? <Receipt quote={preflight.quote} /> : null}
      {open.isIdle || open.isError ? (
        <>
          <Button kind="main" wide disabled={!canSend} onClick={send}>
            {label({ entry, bad, isCurrent, hasChecks: preflight !== undefined })}
          </Button>
          <Hint>
            {bad > 0
              ? "Nothing can be sent until every check passes."
              : "Two orders, one after the other, usually within 12 s. The price is checked again before each."}
          </Hint>
        </>
      ) : (
        <Running since={sentAt} isOver={isFinished(job.data)} />
      )}
      {open.isPending && open.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your order has one number; sent again it stays one order.</OutcomeUnknown>
        </div>
      ) : null}
      {open.error ? (
        <div className="mt-3">
          <FailureNote error={open.error} action={<Button size="small" onClick={restart}>Look again</Button>}>
            Nothing was opened.
          </FailureNote>
        </div>
      ) : null}
      {open.data ? (
        <div className="mt-3">
          <JobSteps
            job={job.data}
            label="Opening"
            done="Both legs are open and match."
            failed="What was bought has been sold again, or nothing was opened; the steps above say which."
          />
          {isFinished(job.data) ? (
            <div className="mt-3 flex flex-wrap gap-2">
              {open.data.position_id ? (
                <ButtonLink kind="main" to={`/positions/${open.data.position_id}`}>See the position</ButtonLink>
              ) : null}
              <Button onClick={restart}>{job.data?.status === "failed" ? "Look again" : "Open another"}</Button>
            </div>
          ) : null}
        </div>
      ) : null}
    </Section>
  );
}

function Running({ since, isOver }: { since: number; isOver: boolean }) {
  const now = useNow();
  return (
    <Button kind="main" wide disabled>
      {isOver ? "Sent" : `Opening, ${lasting(Math.max(0, now - since))}`}
    </Button>
  );
}

interface LabelFacts {
  entry: EntryRequest | null;
  bad: number;
  isCurrent: boolean;
  hasChecks: boolean;
}

function label({ entry, bad, isCurrent, hasChecks }: LabelFacts): string {
  if (entry === null) return "An amount is needed";
  if (!hasChecks || !isCurrent) return "Checking";
  if (bad > 0) return `${counted(bad, "check")} ${bad === 1 ? "does" : "do"} not pass`;
  return `Open for ${money(String(entry.size_usd))}`;
}
