/** A statement in cents: every row and every column adds up, and leads to the closing balance. */
import type { StatementPeriod, StatementResponse } from "../../api/schema.gen";
import { type Source, SOURCE_ORDER, toTheCent } from "../../lib/attribution";
import { add, type Decimal, rounded, subtract } from "../../lib/decimal";

export type Cents = Record<Source | "total", Decimal>;

export interface Column {
  key: string;
  title: string;
  cents: Cents;
  isWhole: boolean;
}

export interface Balances {
  opening: Decimal;
  deposits: Decimal;
  withdrawals: Decimal;
  fee: Decimal;
  net: Decimal;
  closing: Decimal;
}

const MONTHS_SHOWN = 3;
const NAMES = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

function cents(period: StatementPeriod): Cents {
  const parts = Object.fromEntries(toTheCent(period.result).map(({ source, value }) => [source, value])) as Record<Source, Decimal>;
  return { ...parts, total: add(...Object.values(parts)) };
}

function together(all: Cents[]): Cents {
  const keys: (Source | "total")[] = [...SOURCE_ORDER, "total"];
  return Object.fromEntries(keys.map((key) => [key, add("0", ...all.map((one) => one[key]))])) as Cents;
}

/** The balances in cents; the net result is what leads from the opening to the closing one. */
export function balancesOf({ statement }: StatementResponse): Balances {
  const { whole } = statement;
  const opening = rounded(whole.opening_usd, 2);
  const deposits = rounded(whole.deposits_usd, 2);
  const withdrawals = rounded(whole.withdrawals_usd, 2);
  const fee = rounded(whole.performance_fee_usd, 2);
  const closing = rounded(whole.closing_usd, 2);
  const net = subtract(add(closing, withdrawals, fee), add(opening, deposits));
  return { opening, deposits, withdrawals, fee, closing, net };
}

/** The last three months, what was before them, and all of it. */
export function columnsOf(response: StatementResponse): Column[] {
  const months = response.statement.months.map(cents);
  const last = months.at(-1);
  const rest = subtract(balancesOf(response).net, add("0", ...months.map((month) => month.total)));
  if (last) months[months.length - 1] = { ...last, price_residual: add(last.price_residual, rest), total: add(last.total, rest) };
  const shown = response.statement.months.slice(-MONTHS_SHOWN);
  const named = shown.map((period, index) => ({
    key: period.since,
    title: NAMES[new Date(period.since).getUTCMonth()] ?? period.since,
    cents: months[months.length - shown.length + index] ?? together([]),
    isWhole: false,
  }));
  const earlier = months.slice(0, months.length - shown.length);
  const before = earlier.length > 0 ? [{ key: "earlier", title: "Earlier", cents: together(earlier), isWhole: false }] : [];
  return [...before, ...named, { key: "whole", title: "All", cents: together(months), isWhole: true }];
}
