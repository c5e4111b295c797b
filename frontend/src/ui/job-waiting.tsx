/** For whom a job waits, what that means for the money, and what is left to do. */
import { clock } from "../lib/time";
import { Banner } from "./banner";

export interface WaitingJob {
  kind?: string;
  status: "pending" | "running" | "completed" | "failed";
  steps: { name: string; status: string }[];
  waiting_for?: string | null;
  waiting_since?: string | null;
  /** The legs that are still held, in words. */
  remains?: string[];
}

/** Whether one leg moves without the other while the job waits. */
function isExposed(job: WaitingJob): "long" | "rest" | "part" | null {
  const isDone = (name: string) => job.steps.some((step) => step.name === name && step.status === "done");
  if (job.kind === "open" && isDone("open_long") && !isDone("open_short")) return "long";
  if (job.kind === "reduce" && isDone("close_short") && !isDone("reduce_long")) return "part";
  const hasClosed = isDone("close_short") || isDone("close_long");
  return job.kind === "close" && hasClosed && job.remains?.length === 1 ? "rest" : null;
}

function meaning(job: WaitingJob): string {
  switch (isExposed(job)) {
    case "long":
      return "The long is bought and its short not yet placed: until then it moves with the price. If it takes too long, the long is sold again.";
    case "rest":
      return "One leg is closed already; what remains moves with the price until it is closed too. We go on by ourselves as soon as there is an answer.";
    case "part":
      return "The short is smaller already; the difference moves with the price until the long has followed. We go on by ourselves as soon as there is an answer.";
    default:
      return job.kind === "close"
        ? "Nothing is lost meanwhile: both legs stay as they are, and we go on by ourselves."
        : "Nothing is lost meanwhile; we go on by ourselves.";
  }
}

export function JobWaiting({ job }: { job: WaitingJob }) {
  const isOver = job.status === "completed" || job.status === "failed";
  const remains = job.remains ?? [];
  const still = remains.length > 0 && job.status !== "completed" ? `Still held: ${remains.join("; ")}.` : null;
  if (!isOver && job.waiting_for) {
    const since = job.waiting_since ? ` since ${clock(job.waiting_since)}` : "";
    return (
      <Banner tone={isExposed(job) ? "caution" : "plain"} title={`Waiting for ${job.waiting_for}${since}.`}>
        {meaning(job)} {still}
      </Banner>
    );
  }
  return still ? <p className="text-13 text-ink2">{still}</p> : null;
}
