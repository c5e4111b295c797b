/** What the dashboard must know before anybody signs in. */
import { useQuery } from "@tanstack/react-query";
import { type Decimal, rounded } from "../lib/decimal";
import { api, body } from "./client";
import { keys } from "./keys";

/** The leverage new positions begin with, "3.0"; what everything is judged at unless told otherwise. */
export function useDefaultLeverage(): Decimal {
  const stated = useConfig().data?.limits.leverage_default;
  return stated === undefined ? "2.0" : rounded(stated, 1);
}

export function useConfig() {
  return useQuery({
    queryKey: keys.config,
    queryFn: () => body(api.GET("/api/v1/config")),
    staleTime: Infinity,
  });
}
