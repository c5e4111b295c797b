/** What the dashboard must know before anybody signs in. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";

export function useConfig() {
  return useQuery({
    queryKey: keys.config,
    queryFn: () => body(api.GET("/api/v1/config")),
    staleTime: Infinity,
  });
}
