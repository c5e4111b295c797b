import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { RETRY_SILENCE_MS, retrySilence } from "../../api/idempotency";
import { keys } from "../../api/keys";
import type { EntryRequest } from "../../api/schema.gen";
import type { Decimal } from "../../lib/decimal";

const LIVE_MS = 10_000;

/** The positions that are not ended. */
export function usePositions() {
  return useQuery({
    queryKey: keys.positions,
    queryFn: () => body(api.GET("/api/v1/positions")),
    refetchInterval: LIVE_MS,
  });
}

export function usePosition(id: string) {
  return useQuery({
    queryKey: keys.position(id),
    queryFn: () => body(api.GET("/api/v1/positions/{position_id}", { params: { path: { position_id: id } } })),
    refetchInterval: (query) => (query.state.data?.closed_at ? false : LIVE_MS),
  });
}

export function useTimeline(id: string) {
  return useQuery({
    queryKey: keys.timeline(id),
    queryFn: () => body(api.GET("/api/v1/positions/{position_id}/timeline", { params: { path: { position_id: id } } })),
  });
}

export function usePayments(id: string) {
  return useQuery({
    queryKey: keys.payments(id),
    queryFn: () => body(api.GET("/api/v1/positions/{position_id}/payments", { params: { path: { position_id: id } } })),
  });
}

export function useHistory() {
  return useQuery({ queryKey: keys.history, queryFn: () => body(api.GET("/api/v1/positions/history")) });
}

/** The checks before anything is sent, asked again every five seconds while the form is open. */
export function usePreflight(entry: EntryRequest | null) {
  return useQuery({
    queryKey: keys.preflight(entry),
    queryFn: () => body(api.POST("/api/v1/positions/preflight", { body: entry as EntryRequest })),
    enabled: entry !== null,
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
    staleTime: 0,
  });
}

/** Opens a position; silence is answered by sending the same key again. */
export function useOpenPosition(idempotencyKey: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (entry: EntryRequest) =>
      body(
        api.POST("/api/v1/positions/open", {
          body: { ...entry, execute_immediately: true },
          params: { header: { "Idempotency-Key": idempotencyKey } },
        }),
      ),
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.positions }),
  });
}

/** Closes a position; silence is answered by sending the same key again. */
export function useClosePosition(id: string, idempotencyKey: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/positions/{position_id}/close", {
          params: { path: { position_id: id }, header: { "Idempotency-Key": idempotencyKey } },
        }),
      ),
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: keys.positions });
      void cache.invalidateQueries({ queryKey: keys.position(id) });
    },
  });
}

/** Gives up a part of both legs ("0.25"); silence is answered by sending the same key again. */
export function useReducePosition(id: string, idempotencyKey: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (fraction: Decimal) =>
      body(
        api.POST("/api/v1/positions/{position_id}/reduce", {
          body: { fraction },
          params: { path: { position_id: id }, header: { "Idempotency-Key": idempotencyKey } },
        }),
      ),
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: keys.positions });
      void cache.invalidateQueries({ queryKey: keys.position(id) });
    },
  });
}

/** Calls off a closing that still waits for a venue; one that has begun goes on to its end. */
export function useCallOff(jobId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      body(api.POST("/api/v1/positions/jobs/{job_id}/cancel", { params: { path: { job_id: jobId } } })),
    onSettled: () =>
      Promise.all([keys.job(jobId), keys.positions, ["position"]].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
}

/** Whether there is enough in the right places. */
export function useBalanceCheck() {
  return useQuery({
    queryKey: keys.balanceCheck,
    queryFn: () => body(api.GET("/api/v1/balances/check")),
    refetchInterval: 15_000,
  });
}
