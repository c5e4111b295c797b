import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { RETRY_SILENCE_MS, retrySilence } from "../../api/idempotency";
import { keys } from "../../api/keys";
import type { IntentRequest } from "../../api/schema.gen";

const LIVE_MS = 10_000;

/** All intents, newest first; those that wait are judged against the market of the moment. */
export function useIntents() {
  return useQuery({
    queryKey: keys.intents,
    queryFn: () => body(api.GET("/api/v1/intents")),
    refetchInterval: LIVE_MS,
  });
}

/** Writes an intent; silence is answered by sending the same key again. */
export function useCreateIntent(idempotencyKey: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (wish: IntentRequest) =>
      body(api.POST("/api/v1/intents", { body: wish, params: { header: { "Idempotency-Key": idempotencyKey } } })),
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.intents }),
  });
}

/** Calls one off; cancelling twice is as good as once. */
export function useCancelIntent(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/intents/{intent_id}", { params: { path: { intent_id: id } } })),
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSettled: () => cache.invalidateQueries({ queryKey: keys.intents }),
  });
}
