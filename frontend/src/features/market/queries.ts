import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";
import type { LenderRate, RatesResponse } from "../../api/schema.gen";
import { useDefaultLeverage } from "../../api/settings";
import { type Decimal, floored, smallest } from "../../lib/decimal";

/** All lenders and the funding at one leverage, best first. */
export function useRates(leverage: string) {
  const query = useQuery({
    queryKey: keys.rates(leverage),
    queryFn: async () => {
      const rates = await body(api.GET("/api/v1/rates", { params: { query: { leverage } } }));
      return { ...rates, receivedAt: Date.now() };
    },
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  // While another leverage is asked for, the last answer stands in: it keeps its own age.
  return { ...query, dataUpdatedAt: query.data?.receivedAt ?? 0 };
}

/** The lender a new position would use: the best that is switched on and can be had. */
export function bestLender(rates: RatesResponse): LenderRate | null {
  return rates.lenders.find((lender) => lender.is_enabled && !lender.unavailable && lender.net_apr !== null) ?? null;
}

/** What speaks against deciding on these figures; null while nothing does. */
export function marketDispute(rates: RatesResponse): string | null {
  const disputed = [rates.price, rates.funding.quality].find((part) => part.state === "disputed");
  return disputed ? (disputed.reason ?? "Two sources contradict each other.") : null;
}

/** As `marketDispute`, with what speaks against the lender's own figures first. */
export function disputed(lender: LenderRate, rates: RatesResponse): string | null {
  return lender.quality.state === "disputed" ? lender.quality.reason : marketDispute(rates);
}

/**
 * The leverage new positions begin with and everything is judged at: the usual one, or the best
 * lender's safe maximum where that is smaller.
 */
export function useUsualLeverage(): Decimal {
  const usual = useDefaultLeverage();
  const safe = useRates(usual).data;
  const limit = safe ? bestLender(safe)?.safe_leverage : undefined;
  return limit === undefined ? usual : floored(smallest(usual, limit), 1);
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

/** Every asset, lender and leverage for one capital, best first. */
export function useOpportunities(size: Decimal) {
  return useQuery({
    queryKey: keys.opportunities(size),
    queryFn: () => body(api.GET("/api/v1/rates/opportunities", { params: { query: { size_usd: size } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}
