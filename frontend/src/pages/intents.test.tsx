import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { IntentsPage } from "./intents";
import { OpenPage } from "./open";
import { errorBody } from "../testing/handlers";
import { earlier, heldBack, intent } from "../testing/fixtures-intents";
import { show } from "../testing/render";
import { serveApi, server } from "../testing/server";
import { fraction, wishOf, wrongConditions } from "../features/intents/conditions";
import { standing } from "../features/intents/words";

serveApi();

const listed = (...intents: unknown[]) => server.use(http.get("*/api/v1/intents", () => HttpResponse.json({ intents } as never)));
const TYPED = { funding: "15", net: "10", steady: "0.50", price: "", days: "7" };
const ENTRY = { asset: "SOL", size_usd: "1200", leverage: "2.0", protocol: null };

describe("an intent that waits", () => {
  it("says in one sentence what is missing, and shows each criterion with figure and limit", async () => {
    listed(intent());
    show(<IntentsPage />);
    expect(
      await screen.findByRole("heading", { name: "Not yet. The short earns 10.95% a year now, you asked for at least 15.00% a year." }),
    ).toBeInTheDocument();
    expect(screen.getByText(/12 of 14 hold\./)).toBeInTheDocument();
    const table = screen.getByRole("table", { name: /What \$1,200\.00 at 2\.0x in jitoSOL waits for/ });
    const rows = within(table).getAllByRole("row").slice(1);
    expect(rows).toHaveLength(14);
    expect(within(rows[0] as HTMLElement).getByLabelText("does not hold")).toBeInTheDocument();
    expect(within(rows[0] as HTMLElement).getByText("4.05 points")).toBeInTheDocument();
    expect(within(rows[13] as HTMLElement).getByLabelText("holds")).toBeInTheDocument();
  });
  it("is called off by one button", async () => {
    const seen: string[] = [];
    listed(intent());
    server.use(
      http.delete("*/api/v1/intents/:id", ({ params }) => {
        seen.push(String(params["id"]));
        return HttpResponse.json(intent({ status: "cancelled" }) as never);
      }),
    );
    show(<IntentsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Cancel intent" }));
    await waitFor(() => expect(seen).toEqual(["intent_1"]));
  });
  it("says so when it is too late to call it off", async () => {
    listed(intent());
    server.use(
      http.delete("*/api/v1/intents/:id", () =>
        HttpResponse.json(errorBody("POS-0014", "It is being carried out just now. Close the position to leave it.", 409), { status: 409 }),
      ),
    );
    show(<IntentsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Cancel intent" }));
    expect(await screen.findByText(/It is being carried out just now/)).toBeInTheDocument();
  });
  it("tells what holds it back, and never that it pays", () => {
    expect(standing(heldBack())).toEqual({ kind: "caution", sentence: "The kill switch is on: drill." });
    const paying = { ...intent().criteria[0], figure: "-2.60%" } as never;
    expect(standing(intent({ criteria: [paying] })).sentence).toBe("Not yet. The short would pay 2.60% a year now; we wait.");
    expect(standing(intent({ verdict: null, criteria: [] })).kind).toBe("unknown");
  });
});

describe("what the short earned against an intent", () => {
  it("is drawn with the intent's own line, each with its own", async () => {
    listed(intent(), intent({ id: "intent_2", min_funding_apr: null }));
    show(<IntentsPage />);
    const charts = await screen.findAllByRole("img", { name: /What the short earned from funding over 90 days/ });
    expect(charts.map((chart) => /Line: (.*)\./.exec(chart.getAttribute("aria-label") ?? "")?.[1])).toEqual(["opens at 15.00%", "opens above 0%"]);
  });
  it("says no data where no hour is known, and draws nothing", async () => {
    listed(intent());
    server.use(http.get("*/api/v1/rates/funding", () => HttpResponse.json({ hours: [], missing: 0 })));
    show(<IntentsPage />);
    const heading = await screen.findByRole("heading", { name: "What the short earned a year, last 90 days" });
    expect(await within(heading.parentElement as HTMLElement).findByText("no data")).toBeInTheDocument();
    expect(screen.queryByRole("img", { name: /What the short earned/ })).toBeNull();
    expect(screen.queryByText(/An hour of 15/)).toBeNull();
  });
});

describe("earlier intents", () => {
  it("say what came of them", async () => {
    listed(...earlier());
    show(<IntentsPage />);
    expect(await screen.findByText(/Opened while the short earned 12\.81% a year/)).toBeInTheDocument();
    expect(screen.getByText(/Came to nothing: The short could not be filled/)).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "the position" })).toHaveAttribute("href", "/positions/pos_2");
    expect(screen.getByText(/Nothing waits\./)).toBeInTheDocument();
  });
});

describe("writing an intent", () => {
  it("sends what was typed once, as fractions under one key, and tells what money is missing", async () => {
    listed();
    const seen: { key: string | null; wish: Record<string, unknown> }[] = [];
    server.use(
      http.post("*/api/v1/intents", async ({ request }) => {
        seen.push({ key: request.headers.get("Idempotency-Key"), wish: (await request.json()) as Record<string, unknown> });
        const missing = { key: "solana_usdc", label: "USDC on Solana", passed: false, figure: "$1.00", limit: "at least $540.00", remedy: "Send $539.00 more USDC to Solana.", code: "WAL-0002" };
        return HttpResponse.json({ intent: intent(), warnings: [missing] } as never, { status: 201 });
      }),
    );
    const person = userEvent.setup();
    show(<IntentsPage />);
    const floor = await screen.findByLabelText("Least the short must earn, percent a year");
    await person.clear(floor);
    await person.type(floor, "12.5");
    await waitFor(() => expect(screen.getByRole("button", { name: "Save intent" })).toBeEnabled());
    await person.click(screen.getByRole("button", { name: "Save intent" }));
    expect(await screen.findByText("Your intent is saved.")).toBeInTheDocument();
    expect(screen.getByText(/Send \$539\.00 more USDC to Solana\./)).toBeInTheDocument();
    expect(seen).toHaveLength(1);
    expect(seen[0]?.key).toMatch(/^[0-9a-f]{32}$/);
    expect(seen[0]?.wish).toMatchObject({ asset: "jitoSOL", size_usd: "1000", min_funding_apr: "0.125", min_net_apr: null, max_funding_volatility: "0.5" });
  });
  it("refuses what can never be meant before anything is sent", () => {
    expect(wrongConditions({ ...TYPED, funding: "1500" }).funding).toMatch(/500%/);
    expect(wrongConditions({ ...TYPED, days: "91" }).days).toMatch(/90 days/);
    expect(wrongConditions({ ...TYPED, steady: "" }).steady).toBeDefined();
    expect(wishOf(ENTRY, { ...TYPED, funding: "x" }, 0)).toBeNull();
    expect(wishOf(null, TYPED, 0)).toBeNull();
    expect(wishOf(ENTRY, TYPED, null)).toBeNull();
  });
  it("asks for nothing where nothing is typed, and ends in market time", () => {
    const wish = wishOf(ENTRY, { ...TYPED, funding: "", net: "" }, Date.UTC(2025, 8, 23, 14));
    expect(wish).toMatchObject({ min_funding_apr: null, min_net_apr: null, max_entry_price: null, expires_at: "2025-09-30T14:00:00.000Z" });
    expect(fraction("15")).toBe("0.15");
  });
});

describe("the open page", () => {
  it("lets the same opening wait for conditions instead", async () => {
    const seen: Record<string, unknown>[] = [];
    server.use(
      http.post("*/api/v1/intents", async ({ request }) => {
        seen.push((await request.json()) as Record<string, unknown>);
        return HttpResponse.json({ intent: intent(), warnings: [] } as never, { status: 201 });
      }),
    );
    const person = userEvent.setup();
    show(<OpenPage />);
    await person.click(await screen.findByRole("radio", { name: "Wait for conditions" }));
    expect(screen.queryByRole("button", { name: /^Open for/ })).toBeNull();
    await person.click(await screen.findByRole("button", { name: "Save intent" }));
    expect(await screen.findByText("Your intent is saved.")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "See your intents" })).toHaveAttribute("href", "/intents");
    expect(seen[0]).toMatchObject({ asset: "jitoSOL", protocol: 1, size_usd: "1000", min_funding_apr: "0.05" });
    expect(seen[0]).not.toHaveProperty("execute_immediately");
  });
});
