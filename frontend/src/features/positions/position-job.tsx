/** What is being done with a position right now, step by step. */
import { useJob } from "../../api/jobs";
import type { PositionResponse } from "../../api/schema.gen";
import { JobSteps } from "../../ui/job-steps";
import { stateWords } from "./words";

export function PositionJob({ position }: { position: PositionResponse }) {
  const job = useJob(position.job_id);
  if (position.job_id === null) return null;
  return (
    <div className="mt-3">
      <p className="mb-1 text-13 text-ink2">Now: {stateWords(position)}.</p>
      <JobSteps
        job={job.data}
        label="What is being done"
        done="Done."
        failed="The position’s state above says what is left of it; the timeline says what it cost."
      />
    </div>
  );
}
