/** What is being done with a position right now, step by step. */
import { useJob } from "../../api/jobs";
import type { PositionResponse } from "../../api/schema.gen";
import { JobSteps } from "../../ui/job-steps";
import { CallOff } from "./call-off";
import { doing } from "./words";

export function PositionJob({ position }: { position: PositionResponse }) {
  const job = useJob(position.job_id);
  const now = doing(position);
  if (position.job_id === null) return null;
  return (
    <div className="mt-3">
      {now ? <p className="mb-1 max-w-measure text-13 text-ink2">{now}</p> : null}
      <JobSteps
        job={job.data}
        label="What is being done"
        done="Done."
        failed="The position’s state above says what is left of it; the timeline says what it cost."
      />
      <CallOff job={job.data} />
    </div>
  );
}
