/** Books for tests: three months of a sample story, exact to more than the cent. */
import type { EntriesResponse, LedgerEntry, StatementPeriod, StatementResponse } from "../api/schema.gen";
import { add } from "../lib/decimal";

type Parts = [funding: string, staking: string, lending: string, borrowing: string, fees: string, residual: string];

const split = ([funding, staking, lending, borrowing, fees, price_residual]: Parts) => ({
  funding, staking, lending, borrowing, fees, price_residual,
  total: add(funding, staking, lending, borrowing, fees, price_residual),
});

const month = (since: string, until: string, opening: string, deposits: string, parts: Parts): StatementPeriod => {
  const result = split(parts);
  return {
    since, until, result,
    opening_usd: opening,
    deposits_usd: deposits,
    withdrawals_usd: "0",
    performance_fee_usd: "0",
    closing_usd: add(opening, deposits, result.total),
  };
};

const MONTHS: [since: string, until: string, deposits: string, parts: Parts][] = [
  ["2025-07-01T00:00:00Z", "2025-08-01T00:00:00Z", "9500", ["185.994", "61.554", "0.884", "-30.814", "-30.914", "-2.634"]],
  ["2025-08-01T00:00:00Z", "2025-09-01T00:00:00Z", "3000", ["52.484", "24.644", "0.384", "-9.924", "-45.744", "11.704"]],
  ["2025-09-01T00:00:00Z", "2025-09-23T14:00:00Z", "1500", ["108.104", "54.834", "0.874", "-25.844", "-4.404", "5.014"]],
];

export const statement = (change: Partial<StatementResponse> = {}): StatementResponse => {
  const months: StatementPeriod[] = [];
  for (const [since, until, deposits, parts] of MONTHS) {
    months.push(month(since, until, months.at(-1)?.closing_usd ?? "0", deposits, parts));
  }
  const sums = MONTHS.reduce<Parts>((all, [, , , parts]) => all.map((sum, index) => add(sum, parts[index] ?? "0")) as Parts, ["0", "0", "0", "0", "0", "0"]);
  return {
    since: "2025-07-01T00:00:00Z",
    until: "2025-09-23T14:00:00Z",
    statement: {
      whole: month("2025-07-01T00:00:00Z", "2025-09-23T14:00:00Z", "0", "14000", sums),
      months,
      unvalued: [{ account: "expenses:fees:network", commodity: "ETH", quantity: "0.0123" }],
      fee_owed_usd: "0",
    },
    money_weighted_yearly: "0.132",
    days: [
      { day: "2025-07-02", usd: "-28.20" },
      { day: "2025-07-31", usd: "212.27" },
      { day: "2025-09-22", usd: "172.13" },
    ],
    usage: { hedged_usd_hours: "18600000", jobs: 9, requests: 4200 },
    unsettled: split(["0.1556", "0.09", "0", "-0.0362", "0", "0.01"]),
    missing: [],
    fee_fraction: "0",
    ...change,
  };
};

export const emptyStatement = () => {
  const nothing = month("2025-09-22T14:00:00Z", "2025-09-23T14:00:00Z", "0", "0", ["0", "0", "0", "0", "0", "0"]);
  const sample = statement({ days: [], money_weighted_yearly: null, unsettled: split(["0", "0", "0", "0", "0", "0"]) });
  return { ...sample, statement: { ...sample.statement, whole: nothing, months: [nothing], unvalued: [] } };
};

const entry = (number: number, change: Partial<LedgerEntry>): LedgerEntry => ({
  number,
  at: "2025-09-23T14:00:00Z",
  venue: "hyperliquid",
  kind: "funding",
  record: "2025-09-23T14Z",
  key: "hyperliquid:funding:2025-09-23T14Z",
  memo: "Funding, 56.87 SOL short",
  position_id: "pos_2",
  result: split(["0.1556", "0", "0", "0", "0", "0"]),
  flow_usd: "0",
  postings: [
    { account: "assets:hyperliquid:margin", commodity: "USDC", quantity: "0.1556", usd: "0.1556" },
    { account: "income:funding", commodity: "USD", quantity: "-0.1556", usd: "-0.1556" },
  ],
  ...change,
});

export const entries = (kind: string): EntriesResponse => {
  const all = [
    entry(3, {}),
    entry(2, {
      venue: "asgard", kind: "refresh", record: "8vQk:2025-09-23T14:00:00Z", memo: "Interest and staking, jitoSOL at 1.2329 SOL",
      result: split(["0", "0.0904", "0", "-0.0362", "0", "0"]),
    }),
    entry(1, { venue: "arbitrum", kind: "gas", memo: "Sent to Hyperliquid, 500 USDC", result: split(["0", "0", "0", "0", "0", "0"]),
      postings: [{ account: "expenses:fees:network", commodity: "ETH", quantity: "0.0123", usd: null }] }),
  ];
  return { entries: kind === "funding" ? all.slice(0, 1) : all, next_before: null };
};
