/** The closings that were asked for together, each with its steps, and what nothing was begun for. */
import { useJob } from "../../api/jobs";
import type { LeavingResponse, PositionResponse } from "../../api/schema.gen";
import { counted } from "../../lib/format";
import { Banner } from "../../ui/banner";
import { JobSteps } from "../../ui/job-steps";
import { CallOff } from "./call-off";
import { title } from "./words";

interface LeavingJobsProps {
  leaving: LeavingResponse;
  positions: PositionResponse[];
  isEmergency?: boolean;
}

export function LeavingJobs({ leaving, positions, isEmergency = false }: LeavingJobsProps) {
  const nameOf = (id: string | null | undefined) => {
    const position = positions.find((one) => one.id === id);
    return position ? `${title(position)} on ${position.protocol_name}` : "A position";
  };
  if (leaving.jobs.length === 0 && leaving.not_taken.length === 0) {
    return <p role="status">Nothing is held, so nothing had to be closed.</p>;
  }
  return (
    <div className="grid gap-6">
      <p role="status" className="text-13 text-ink2">
        {counted(leaving.jobs.length, "closing")} taken on. They go on when you close this window; each position’s page shows its steps.
      </p>
      {leaving.jobs.map((job) => (
        <One key={job.job_id} jobId={job.job_id} name={nameOf(job.position_id)} isEmergency={isEmergency} />
      ))}
      {leaving.not_taken.map((left) => (
        <Banner key={left.position_id} tone="caution" title={`${nameOf(left.position_id)}: not closed now.`} code={left.code}>
          {isEmergency ? "It is being worked on, and closed as soon as that is done." : left.reason}
        </Banner>
      ))}
    </div>
  );
}

function One({ jobId, name, isEmergency }: { jobId: string; name: string; isEmergency: boolean }) {
  const job = useJob(jobId);
  return (
    <section>
      <h3 className="mb-1 text-13 font-semibold">{name}</h3>
      <JobSteps
        job={job.data}
        label={`Closing ${name}`}
        done="Closed. What came back is in your wallet."
        failed="What is still held is shown with the position."
      />
      {isEmergency ? null : <CallOff job={job.data} />}
    </section>
  );
}
