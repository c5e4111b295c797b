/** How old each figure on the page is, for the status strip. Only what some page asked for counts. */
import type { BalancesResponse, PositionsResponse, RatesResponse } from "../api/schema.gen";
import { type Feed, STALE_AFTER } from "../lib/time";
import { useNow } from "../lib/use-now";
import { useRates, useUsualLeverage } from "../features/market/queries";
import { usePositions } from "../features/positions/queries";
import { isHeldUp, isMoving } from "../features/positions/words";
import { useBalances } from "../features/treasury/queries";

interface Observed {
  feed: Feed;
  at: number;
}

export interface Feeds {
  oldest: number | null;
  count: number;
  isStale: boolean;
  /** Venues that did not answer. */
  missing: string[];
  openCount: number | null;
  busyCount: number;
  /** Positions that wait for a person or for a countdown. */
  heldUpCount: number;
}

function observed(
  rates: RatesResponse | undefined,
  ratesAt: number,
  positions: PositionsResponse | undefined,
  positionsAt: number,
  balances: BalancesResponse | undefined,
): Observed[] {
  const all: Observed[] = [];
  if (rates) {
    all.push({ feed: "rates", at: ratesAt - rates.funding.age_seconds * 1000 });
    for (const lender of rates.lenders.filter((one) => one.is_enabled)) {
      all.push({ feed: "rates", at: ratesAt - lender.age_seconds * 1000 });
    }
  }
  for (const position of positions?.positions ?? []) {
    if (position.age_seconds !== null) all.push({ feed: "balances", at: positionsAt - position.age_seconds * 1000 });
  }
  if (balances) all.push({ feed: "balances", at: new Date(balances.observed_at).getTime() });
  return all;
}

export function useFeeds(): Feeds {
  const rates = useRates(useUsualLeverage());
  const positions = usePositions();
  const balances = useBalances();
  const now = useNow();
  const all = observed(rates.data, rates.dataUpdatedAt, positions.data, positions.dataUpdatedAt, balances.data);
  const open = positions.data?.positions ?? [];
  return {
    oldest: all.length === 0 ? null : Math.min(...all.map((one) => one.at)),
    count: all.length,
    isStale: all.some((one) => now - one.at > STALE_AFTER[one.feed]),
    missing: [...new Set((balances.data?.failures ?? []).map((failure) => failure.venue))],
    openCount: positions.data ? positions.data.positions.length : null,
    busyCount: open.filter(isMoving).length,
    heldUpCount: open.filter(isHeldUp).length,
  };
}
