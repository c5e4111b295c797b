import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { SOURCE_ORDER } from "../../lib/attribution";
import { add, compare, rounded } from "../../lib/decimal";
import { statement } from "../../testing/fixtures-ledger";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { BalanceSection } from "./balance-section";
import { balancesOf, columnsOf } from "./columns";
import { EntriesSection } from "./entries-section";
import { grown, gridOf, ResultChart } from "./result-chart";
import { StatementSection } from "./statement-section";

serveApi();

describe("the statement", () => {
  it("adds up to the cent in rows and columns, and leads from the opening to the closing balance", () => {
    const columns = columnsOf(statement());
    expect(columns.map((column) => column.title)).toEqual(["July", "August", "September", "All"]);
    for (const { cents } of columns) {
      expect(compare(add(...SOURCE_ORDER.map((source) => cents[source])), cents.total)).toBe(0);
      expect(cents.total).toBe(rounded(cents.total, 2).replace(/\.?0+$/, ""));
    }
    for (const row of [...SOURCE_ORDER, "total" as const]) {
      expect(compare(add(...columns.slice(0, -1).map(({ cents }) => cents[row])), columns.at(-1)?.cents[row] ?? "")).toBe(0);
    }
    const balances = balancesOf(statement());
    expect(compare(add(balances.opening, balances.deposits, balances.net), balances.closing)).toBe(0);
    expect(compare(columns.at(-1)?.cents.total ?? "", balances.net)).toBe(0);
  });
  it("puts months before the last three together", () => {
    const sample = statement();
    const older = sample.statement.months.flatMap((month) => [month, month]);
    const columns = columnsOf({ ...sample, statement: { ...sample.statement, months: older } });
    expect(columns.map((column) => column.title)).toEqual(["Earlier", "August", "September", "September", "All"]);
  });
  it("says what is unknown instead of a figure", () => {
    render(<StatementSection response={statement({ money_weighted_yearly: null, unsettled: null })} />);
    expect(screen.getAllByText("no data", { exact: false })).toHaveLength(2);
    expect(screen.getByText(/Performance fee: none/)).toBeInTheDocument();
  });
  it("shows what is owed when there is a performance fee", () => {
    const sample = statement({ fee_fraction: "0.1" });
    render(<StatementSection response={{ ...sample, statement: { ...sample.statement, fee_owed_usd: "35.62" } }} />);
    expect(screen.getByText(/10% of new profit/)).toHaveTextContent("$35.62");
  });
  it("keeps what nobody has valued out of every sum", () => {
    render(<BalanceSection response={statement()} />);
    expect(screen.getByText(/Not valued, and in no sum/)).toHaveTextContent("network fees 0.0123 ETH");
    expect(screen.getByText("$14,356.20")).toBeInTheDocument();
  });
});

describe("the line of the net result", () => {
  it("adds day to day and is read out by arrow keys", async () => {
    const { days } = statement();
    expect(grown(days).map((point) => point.sum)).toEqual(["-28.2", "184.07", "356.2"]);
    render(<ResultChart days={days} />);
    const chart = screen.getByRole("img", { name: /now \+\$356.20/ });
    (chart.parentElement as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    expect(screen.getByText(/\+\$184.07/)).toBeInTheDocument();
  });
  it("has a line at zero and at most five others", () => {
    for (const [low, high] of [[-28, 356], [0, 0.01], [-0.02, 0.001], [0, 98765]] as const) {
      const grid = gridOf(low, high);
      expect(grid).toContain(0);
      expect(grid.length).toBeLessThanOrEqual(5);
    }
  });
});

describe("the entries", () => {
  it("names each venue record and narrows to one kind", async () => {
    show(<EntriesSection />);
    const table = await screen.findByRole("table", { name: "Entries" });
    expect(within(table).getByText("asgard:refresh", { exact: false })).toBeInTheDocument();
    expect(within(table).getAllByText("+$0.1556").length).toBeGreaterThan(0);
    expect(within(table).getByText("moved")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("radio", { name: "Funding" }));
    await waitFor(() => expect(screen.getAllByText("2025-09-23T14Z")).toHaveLength(1));
  });
  it("shows its postings, and no zero for what is not valued", async () => {
    show(<EntriesSection />);
    await userEvent.click(await screen.findByText("Sent to Hyperliquid, 500 USDC"));
    expect(screen.getByText("no data", { exact: false })).toBeInTheDocument();
    expect(screen.getByText(/0.0123 ETH/)).toBeInTheDocument();
  });
  it("says what will be here", async () => {
    server.use(http.get("*/api/v1/ledger/entries", () => HttpResponse.json({ entries: [], next_before: null })));
    show(<EntriesSection />);
    expect(await screen.findByText(/None yet/)).toBeInTheDocument();
  });
});
