import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";

/** All lenders and the funding at one leverage, best first. */
export function useRates(leverage: string) {
  return useQuery({
    queryKey: keys.rates(leverage),
    queryFn: () => body(api.GET("/api/v1/rates", { params: { query: { leverage } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
}

/** What the short earned in each settled hour. */
export function useFunding(hours: number) {
  return useQuery({
    queryKey: keys.funding(hours),
    queryFn: () => body(api.GET("/api/v1/rates/funding", { params: { query: { hours } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 5 * 60_000,
  });
}
