import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";

const LOOK_MS = 10_000;

/** How safe each position is at the price of now, nearest to liquidation first, and the account's fall. */
export function useRisk() {
  return useQuery({
    queryKey: keys.risk,
    queryFn: () => body(api.GET("/api/v1/risk")),
    refetchInterval: LOOK_MS,
  });
}
