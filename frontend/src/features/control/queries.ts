import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";
import type { ControlResponse, MoveConsentRequest } from "../../api/schema.gen";

const LOOK_MS = 30_000;

/** What is allowed now; events make it ask at once. */
export function useControl() {
  return useQuery({
    queryKey: keys.control,
    queryFn: () => body(api.GET("/api/v1/control")),
    refetchInterval: LOOK_MS,
  });
}

function useKept() {
  const cache = useQueryClient();
  return (control: ControlResponse) => {
    cache.setQueryData(keys.control, control);
    return cache.invalidateQueries({ queryKey: ["check"] });
  };
}

/** Nothing is opened any more for this person; repeating it changes nothing but the reason. */
export function usePause() {
  const onSuccess = useKept();
  return useMutation({
    mutationFn: (reason: string) => body(api.POST("/api/v1/control/pause", { body: { reason } })),
    onSuccess,
  });
}

/** Ends the person's own pause. */
export function useResume() {
  const onSuccess = useKept();
  return useMutation({ mutationFn: () => body(api.POST("/api/v1/control/resume")), onSuccess });
}

/** Whether free money may be moved to a leg, with its caps. */
export function useMoves() {
  return useQuery({ queryKey: keys.moves, queryFn: () => body(api.GET("/api/v1/settings/moves")) });
}

/** Allows it up to these caps, or forbids it. */
export function useAllowMoves() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (wish: MoveConsentRequest) => body(api.PUT("/api/v1/settings/moves", { body: wish })),
    onSuccess: (moves) => cache.setQueryData(keys.moves, moves),
  });
}
