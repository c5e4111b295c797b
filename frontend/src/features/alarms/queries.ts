import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";

const LOOK_MS = 10_000;

/** Open alarms first; events make it ask at once, the interval is for when the stream is lost. */
export function useAlarms() {
  return useQuery({
    queryKey: keys.alarms,
    queryFn: () => body(api.GET("/api/v1/alarms")),
    refetchInterval: LOOK_MS,
  });
}

/** What has failed outside; those in force first. */
export function usePlaybooks() {
  return useQuery({
    queryKey: keys.playbooks,
    queryFn: () => body(api.GET("/api/v1/playbooks")),
    refetchInterval: LOOK_MS,
  });
}

/** Notes that the person has seen it: it is shown more quietly and stays open until it is over. */
export function useAcknowledge() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      body(api.POST("/api/v1/alarms/{alarm_id}/acknowledge", { params: { path: { alarm_id: id } } })),
    onSuccess: () =>
      Promise.all(
        [keys.alarms, keys.positions, ["position"]].map((queryKey) => cache.invalidateQueries({ queryKey })),
      ),
  });
}
