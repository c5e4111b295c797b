/** Durable work a person can watch. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";
import type { JobResponse } from "./schema.gen";

export function isFinished(job: JobResponse | undefined): boolean {
  return job?.status === "completed" || job?.status === "failed";
}

/** A job until it is finished; asked every second, and at once when an event says so. */
export function useJob(jobId: string | null) {
  return useQuery({
    queryKey: keys.job(jobId ?? ""),
    queryFn: () =>
      body(api.GET("/api/v1/positions/jobs/{job_id}", { params: { path: { job_id: jobId ?? "" } } })),
    enabled: jobId !== null,
    refetchInterval: (query) => (isFinished(query.state.data) ? false : 1_000),
  });
}
