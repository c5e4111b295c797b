/** The steps of a running job as the server tells them. */
import { figure } from "../lib/format";
import { Banner, FailureNote, OutcomeUnknown } from "./banner";
import { type Step, Stepper } from "./check-list";
import { Failure } from "../lib/failure";
import { JobWaiting, type WaitingJob } from "./job-waiting";

/** The person called it off before anything was done: nothing went wrong. */
const CALLED_OFF = "POS-0011";

export interface JobLike extends WaitingJob {
  error: { code: string; message: string } | null;
  steps: {
    name: string;
    title: string;
    status: Step["state"];
    attempt: number;
    seconds: string | null;
    detail: string | null;
  }[];
}

interface JobStepsProps {
  job: JobLike | undefined;
  label: string;
  /** Said when all is done. */
  done: string;
  /** What a failure means for the money. */
  failed: string;
}

export function JobSteps({ job, label, done, failed }: JobStepsProps) {
  if (!job) return <p className="text-13 text-ink3">Taken on; waiting for the first step.</p>;
  const isUnknown = job.status === "running" && job.steps.some((step) => step.status === "unknown");
  return (
    <div className="grid gap-3" data-job={job.status}>
      <Stepper
        label={label}
        steps={job.steps.map((step, index) => ({
          key: `${step.name}-${step.attempt}-${index}`,
          name: step.attempt > 1 ? `${step.title}, attempt ${step.attempt}` : step.title,
          state: step.status,
          took: step.seconds === null ? "" : `${figure(step.seconds, 1)} s`,
          note: step.detail,
        }))}
      />
      {isUnknown ? <OutcomeUnknown>A venue has not said what became of the last step.</OutcomeUnknown> : null}
      <JobWaiting job={job} />
      {job.status === "completed" ? (
        <p role="status" className="font-semibold">
          {done}
        </p>
      ) : null}
      {job.status === "failed" ? (
        job.error?.code === CALLED_OFF ? (
          <Banner tone="plain" title="Called off." code={job.error.code}>Nothing was sent; everything is as it was.</Banner>
        ) : job.error ? (
          <FailureNote error={new Failure(job.error.code, job.error.message, 0)}>{failed}</FailureNote>
        ) : (
          <Banner tone="danger" title="This did not finish.">{failed}</Banner>
        )
      ) : null}
    </div>
  );
}
