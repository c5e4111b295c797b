/** A closing that waits for a venue and has not begun can be called off. */
import type { JobResponse } from "../../api/schema.gen";
import { FailureNote } from "../../ui/banner";
import { Button } from "../../ui/button";
import { useCallOff } from "./queries";

function canBeCalledOff(job: JobResponse | undefined): job is JobResponse {
  if (job?.kind !== "close" || job.waiting_for === null) return false;
  return ["pending", "running"].includes(job.status) && job.steps.every((step) => step.status === "waiting");
}

export function CallOff({ job }: { job: JobResponse | undefined }) {
  const callOff = useCallOff(job?.job_id ?? "");
  if (!canBeCalledOff(job)) return null;
  return (
    <div className="mt-3 grid gap-3">
      <Button size="small" className="justify-self-start" disabled={callOff.isPending} onClick={() => callOff.mutate()}>
        Call it off, keep the position
      </Button>
      {callOff.error ? <FailureNote error={callOff.error}>The closing goes on.</FailureNote> : null}
    </div>
  );
}
