import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { position } from "../../testing/fixtures";
import { job } from "../../testing/fixtures-trading";
import { errorBody } from "../../testing/handlers";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { CloseAllDialog } from "./close-all-dialog";
import { StopDialog } from "./stop-dialog";

serveApi();
const three = [
  position(),
  position({ id: "pos_3", asset: "SOL", size_usd: "1200", equity_usd: "1201.50" }),
  position({ id: "pos_4", asset: "mSOL", state: "opening_short", equity_usd: null }),
];
const hold = (positions = three) => server.use(http.get("*/api/v1/positions", () => HttpResponse.json({ positions })));
const busy = { position_id: "pos_4", code: "POS-0006", reason: "This position is opening short; ask again then." };

describe("closing everything", () => {
  it("lists what happens to each and what it costs before anything is sent", async () => {
    hold(three.slice(0, 2));
    show(<CloseAllDialog open onOpenChange={vi.fn()} />);
    const rows = within(await screen.findByRole("list", { name: "What is closed" })).getAllByRole("listitem");
    expect(rows[0]).toHaveTextContent("The short is bought back, then the jitoSOL is sold and the loan repaid.");
    await expect.poll(() => rows[0]?.textContent).toContain("\u2212$5.36");
    expect(await screen.findByRole("button", { name: "Close 2 positions for about $13,773.11" })).toBeEnabled();
  });
  it("knows the costs of two that are alike", async () => {
    hold([position(), position({ id: "pos_5" })]);
    show(<CloseAllDialog open onOpenChange={vi.fn()} />);
    expect(await screen.findByRole("button", { name: "Close 2 positions for about $25,146.82" })).toBeEnabled();
  });
  it("does not count what is not closed now, and says why", async () => {
    hold();
    show(<CloseAllDialog open onOpenChange={vi.fn()} />);
    expect(await screen.findByRole("button", { name: "Close 2 positions for about $13,773.11" })).toBeEnabled();
    expect(screen.getByText(/not closed now; ask again when that is done/)).toBeInTheDocument();
  });
  it("names no sum with a part missing, and closes all the same", async () => {
    hold([position(), position({ id: "pos_3", state: "stuck_unwind", equity_usd: null })]);
    show(<CloseAllDialog open onOpenChange={vi.fn()} />);
    expect(await screen.findByRole("button", { name: "Close 2 positions, amount not known" })).toBeEnabled();
  });
  it("shows the steps of each closing, for whom it waits, and what nothing was begun for", async () => {
    hold();
    const keys: (string | null)[] = [];
    server.use(
      http.post("*/api/v1/control/close-all", ({ request }) => {
        keys.push(request.headers.get("Idempotency-Key"));
        return HttpResponse.json({ jobs: [{ job_id: "job_a", position_id: "pos_2" }], not_taken: [busy] }, { status: 202 });
      }),
      http.get("*/api/v1/positions/jobs/job_a", () =>
        HttpResponse.json(job({ job_id: "job_a", kind: "close", status: "pending", steps: [], waiting_for: "Asgard", waiting_since: "2025-09-23T14:03:00Z" })),
      ),
    );
    show(<CloseAllDialog open onOpenChange={vi.fn()} />);
    await userEvent.click(await screen.findByRole("button", { name: /^Close 2 positions/ }));
    expect(await screen.findByRole("heading", { name: "jitoSOL long, SOL-PERP short on Kamino" })).toBeInTheDocument();
    expect(await screen.findByText(/^Waiting for Asgard since/)).toBeInTheDocument();
    expect(screen.getByText("mSOL long, SOL-PERP short on Kamino: not closed now.").parentElement).toHaveTextContent(busy.reason);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  });
  it("has nothing to close for somebody who holds nothing", async () => {
    hold([]);
    show(<CloseAllDialog open onOpenChange={vi.fn()} />);
    expect(await screen.findByText(/there is nothing to close/)).toBeInTheDocument();
  });
});

describe("the emergency stop", () => {
  it("says what it does, asks once more, and only then sends", async () => {
    hold();
    const sent = vi.fn();
    server.use(
      http.post("*/api/v1/control/emergency-stop", () => {
        sent();
        return HttpResponse.json({ jobs: [{ job_id: "job_a", position_id: "pos_2" }], not_taken: [busy] }, { status: 202 });
      }),
    );
    show(<StopDialog open onOpenChange={vi.fn()} />);
    const dialog = await screen.findByRole("dialog", { name: "Emergency stop" });
    expect(dialog).toHaveTextContent("Opening is paused at once.");
    expect(dialog).toHaveTextContent("what is left moves with the price");
    await userEvent.click(within(dialog).getByRole("button", { name: "Go on to the last step" }));
    expect(sent).not.toHaveBeenCalled();
    expect(within(dialog).getByText(/it is closed as soon as both legs are there/)).toBeInTheDocument();
    await userEvent.click(await within(dialog).findByRole("button", { name: "Stop and close 3 positions now" }));
    expect(await within(dialog).findByText(/1 closing taken on/)).toBeInTheDocument();
    expect(dialog).toHaveTextContent("It is being worked on, and closed as soon as that is done.");
    expect(sent).toHaveBeenCalledTimes(1);
  });
  it("works when what is held is not known", async () => {
    server.use(http.get("*/api/v1/positions", () => HttpResponse.json(errorBody("NET-0003", "No answer", 503), { status: 503 })));
    show(<StopDialog open onOpenChange={vi.fn()} />);
    await userEvent.click(await screen.findByRole("button", { name: "Go on to the last step" }));
    expect(screen.getByRole("button", { name: "Stop and close everything now" })).toBeEnabled();
  });
  it("does not call a refused stop harmless", async () => {
    server.use(http.post("*/api/v1/control/emergency-stop", () => HttpResponse.json(errorBody("NET-0003", "The database does not answer", 503), { status: 503 })));
    show(<StopDialog open onOpenChange={vi.fn()} />);
    await userEvent.click(await screen.findByRole("button", { name: "Go on to the last step" }));
    await userEvent.click(await screen.findByRole("button", { name: /^Stop and close/ }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Opening may be paused already; whether anything is being closed, the positions say.");
  });
});
