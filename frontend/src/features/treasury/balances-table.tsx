/** Where the money is, venue by venue. */
import type { ReactNode } from "react";
import type { BalancesResponse } from "../../api/schema.gen";
import { add, compare, isZero, type Decimal } from "../../lib/decimal";
import { amount, figure } from "../../lib/format";
import { Age, Aging, Amount, Money, NoData } from "../../ui/numbers";
import { Sub, Table } from "../../ui/table";

interface Row {
  venue: string;
  about: string;
  inPositions: Decimal | null;
  free: Decimal | null;
  forFees: ReactNode;
  missing: string | null;
}

interface BalancesTableProps {
  balances: BalancesResponse;
  /** Own money in long legs, USD; null while a leg is unknown. */
  longEquity: Decimal | null;
}

function reasonFor(balances: BalancesResponse, venue: string): string | null {
  const failure = balances.failures.find((one) => one.venue.toLowerCase() === venue.toLowerCase());
  return failure ? `${failure.message} (${failure.code})` : null;
}

function rowsOf(balances: BalancesResponse, longEquity: Decimal | null): Row[] {
  const { solana, arbitrum, hyperliquid } = balances;
  const tokens = (solana?.tokens ?? []).filter((token) => compare(token.amount, "0") > 0);
  return [
    {
      venue: "Solana",
      about: tokens.length > 0 ? tokens.map((token) => amount(token.amount, token.asset)).join(", ") : "the long leg and its loan",
      inPositions: solana ? longEquity : null,
      free: solana?.usdc ?? null,
      forFees: solana ? `${figure(solana.sol, 4)} SOL` : null,
      missing: solana ? null : (reasonFor(balances, "solana") ?? "Solana has not answered."),
    },
    {
      venue: "Hyperliquid",
      about: hyperliquid && !hyperliquid.exists ? "the account begins with the first deposit" : "isolated margin of the short",
      inPositions: hyperliquid?.margin_used_usdc ?? null,
      free: hyperliquid?.withdrawable_usdc ?? null,
      forFees: <span className="text-13 text-ink3">none needed</span>,
      missing: hyperliquid ? null : (reasonFor(balances, "hyperliquid") ?? "Hyperliquid has not answered."),
    },
    {
      venue: "Arbitrum",
      about: "on the way to Hyperliquid",
      inPositions: arbitrum ? "0" : null,
      free: arbitrum?.usdc ?? null,
      forFees: arbitrum ? <Amount value={arbitrum.eth} unit="ETH" /> : null,
      missing: arbitrum ? null : (reasonFor(balances, "arbitrum") ?? "Arbitrum has not answered."),
    },
    ...underWay(balances),
  ];
}

/** Money that has left one venue and is owed by a bridge; no row while there is none. */
function underWay({ under_way_usd }: BalancesResponse): Row[] {
  if (isZero(under_way_usd)) return [];
  const none = <span className="text-13 text-ink3">none needed</span>;
  return [{ venue: "Under way", about: "between the chains, owed by a bridge", inPositions: "0", free: under_way_usd, forFees: none, missing: null }];
}

export function BalancesTable({ balances, longEquity }: BalancesTableProps) {
  const rows = rowsOf(balances, longEquity);
  const at = balances.observed_at;
  const all = (pick: (row: Row) => Decimal | null) =>
    rows.some((row) => pick(row) === null) ? null : add(...rows.map((row) => pick(row) ?? "0"));
  return (
    <Table
      caption="Balances by venue"
      rows={rows}
      rowKey={(row) => row.venue}
      columns={[
        { title: "Venue", cell: (row) => <>{row.venue}<Sub>{row.about}</Sub></> },
        {
          title: "In positions",
          align: "right",
          cell: (row) => <Aging at={at} feed="balances"><Money value={row.inPositions} reason={row.missing ?? "A leg has not been heard of."} /></Aging>,
        },
        {
          title: "Free",
          align: "right",
          cell: (row) => <Aging at={at} feed="balances"><Money value={row.free} reason={row.missing ?? undefined} /></Aging>,
        },
        {
          title: "For fees",
          align: "right",
          cell: (row) => (row.missing ? <NoData reason={row.missing} /> : row.forFees),
        },
        { title: "Age", align: "right", cell: (row) => <Age at={row.missing ? null : at} feed="balances" /> },
      ]}
      sum={[
        "Together",
        <Money key="in" value={all((row) => row.inPositions)} reason="A venue has not answered." />,
        <Money key="free" value={all((row) => row.free)} reason="A venue has not answered." />,
        null,
        null,
      ]}
    />
  );
}
