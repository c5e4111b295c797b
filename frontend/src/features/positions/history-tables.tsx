/** Ended positions with the six-way split, and sums over positions. */
import { Link } from "react-router";
import type { PositionResponse } from "../../api/schema.gen";
import { type Attribution, type Source, SOURCE_ORDER, SOURCES, toTheCent } from "../../lib/attribution";
import { add } from "../../lib/decimal";
import { leverage } from "../../lib/format";
import { lasting, moment } from "../../lib/time";
import { Money } from "../../ui/numbers";
import { Sub, Table } from "../../ui/table";
import { heldFor, stateWords } from "./words";

type Cents = Record<Source | "total", string>;

function cents(result: Attribution): Cents {
  const parts = Object.fromEntries(toTheCent(result).map(({ source, value }) => [source, value])) as Record<Source, string>;
  return { ...parts, total: add(...Object.values(parts)) };
}

/**
 * Sums of what is shown, so that every row and every column adds up to the cent; null when a part
 * is unknown, since a sum with a part missing would be wrong.
 */
export function summed(all: (Cents | null)[]): Cents | null {
  const known = all.filter((one) => one !== null);
  return known.length < all.length ? null : totals(known);
}

function totals(all: Cents[]): Cents {
  const of = (key: keyof Cents) => add("0", ...all.map((one) => one[key]));
  return Object.fromEntries([...SOURCE_ORDER, "total" as const].map((key) => [key, of(key)])) as Cents;
}

/** What these positions brought together; null while the result of one of them is unknown. */
export function centsOf(positions: PositionResponse[]): Cents | null {
  const traded = positions.filter((position) => position.state !== "failed" && position.state !== "requested");
  return summed(traded.map((position) => (position.result ? cents(position.result) : null)));
}

export function EndedTable({ positions }: { positions: PositionResponse[] }) {
  const split = new Map(positions.map((position) => [position.id, position.result ? cents(position.result) : null]));
  return (
    <Table
      caption="Ended positions"
      rows={positions}
      rowKey={(position) => position.id}
      columns={[
        {
          title: "Position",
          cell: (position) => (
            <>
              <Link className="quiet-link" to={`/positions/${position.id}`}>
                {position.asset} {leverage(position.leverage)}
              </Link>
              <Sub>{position.closed_at ? moment(position.closed_at) : moment(position.requested_at)}</Sub>
            </>
          ),
        },
        { title: "Held", cell: (position) => held(position) },
        { title: "Capital", align: "right", cell: (position) => <Money value={position.size_usd} /> },
        ...SOURCE_ORDER.map((source) => ({
          title: SOURCES[source].short,
          align: "right" as const,
          cell: (position: PositionResponse) => (
            <Money
              value={split.get(position.id)?.[source]}
              sign="flow"
              tone={source === "price_residual" ? "ink" : "flow"}
              reason={position.state === "failed" ? "Nothing was opened." : "Its result is not known yet."}
            />
          ),
        })),
        {
          title: "Net",
          align: "right",
          cell: (position) => <strong><Money value={split.get(position.id)?.total} sign="flow" reason="Its result is not known yet." /></strong>,
        },
      ]}
    />
  );
}

function held(position: PositionResponse): string {
  const ms = heldFor(position, 0);
  return ms === null || position.state !== "closed" ? stateWords(position) : lasting(ms);
}

/** The ended positions for a spreadsheet, exact and unrounded. */
export function endedCsv(positions: PositionResponse[]): string {
  const head = ["id", "asset", "lender", "capital_usd", "leverage", "opened_utc", "closed_utc", ...SOURCE_ORDER, "total"];
  const rows = positions.map((position) => [
    position.id,
    position.asset,
    position.protocol_name,
    position.size_usd,
    position.leverage,
    position.hedged_at ?? "",
    position.closed_at ?? "",
    ...SOURCE_ORDER.map((source) => position.result?.[source] ?? ""),
    position.result?.total ?? "",
  ]);
  return [head, ...rows].map((row) => row.join(",")).join("\n");
}
