/** The conditions of an intent as they are typed, and as they are sent. */
import { useState } from "react";
import type { EntryRequest, IntentRequest } from "../../api/schema.gen";
import { compare, type Decimal, divide, typedAmount } from "../../lib/decimal";

const DAY_MS = 24 * 3_600_000;

const START = { funding: "5", net: "", steady: "0.50", price: "", days: "7" };
export type Conditions = typeof START;
export type Wrong = Partial<Record<keyof Conditions, string>>;

export function useConditions() {
  const [typed, setTyped] = useState(START);
  const set = (name: keyof Conditions) => (value: string) => setTyped((now) => ({ ...now, [name]: value }));
  return { typed, set };
}

function between(text: string, least: Decimal, most: Decimal): boolean {
  const value = typedAmount(text);
  return value !== null && compare(value, least) >= 0 && compare(value, most) <= 0;
}

/** What must be mended before it can be sent. Empty stands for no such condition. */
export function wrongConditions({ funding, net, steady, price, days }: Conditions): Wrong {
  const wrong: Wrong = {};
  if (funding.trim() !== "" && !between(funding, "0", "500")) wrong.funding = "Between 0 and 500% a year: what the short earns.";
  if (net.trim() !== "" && !between(net, "0", "500")) wrong.net = "Between 0 and 500% a year.";
  if (!between(steady, "0", "10")) wrong.steady = "Between 0 and 10; 0.50 is usual.";
  if (price.trim() !== "" && !between(price, "0.01", "1000000")) wrong.price = "A price in dollars.";
  if (!between(days, "0.05", "90")) wrong.days = "At most 90 days.";
  return wrong;
}

/** Percent as typed, as the fraction that is sent; null where nothing is asked. */
export function fraction(percents: string): Decimal | null {
  const value = typedAmount(percents);
  return value === null ? null : divide(value, "100");
}

/** When it ends, in market time; null while that is not known. */
export function endsAt(days: string, marketNow: number | null): Date | null {
  const value = typedAmount(days);
  return value === null || marketNow === null ? null : new Date(marketNow + Number(value) * DAY_MS);
}

/** The request, or null while something must be mended. */
export function wishOf(entry: EntryRequest | null, typed: Conditions, marketNow: number | null): IntentRequest | null {
  const ends = endsAt(typed.days, marketNow);
  if (entry === null || ends === null || Object.keys(wrongConditions(typed)).length > 0) return null;
  return {
    ...entry,
    min_funding_apr: fraction(typed.funding),
    min_net_apr: fraction(typed.net),
    max_funding_volatility: typedAmount(typed.steady),
    max_entry_price: typedAmount(typed.price),
    expires_at: ends.toISOString(),
  };
}
