import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { PositionResponse } from "../api/schema.gen";
import { position, timeline } from "../testing/fixtures";
import { alarm, stuckAlarm } from "../testing/fixtures-oversight";
import { job } from "../testing/fixtures-trading";
import { showRoutes } from "../testing/render";
import { serveApi, server } from "../testing/server";
import { PositionPage } from "./position";

serveApi();
function open(change: Partial<PositionResponse>) {
  server.use(http.get("*/api/v1/positions/:id", ({ params }) => HttpResponse.json(position({ id: String(params["id"]), ...change }))));
  return showRoutes([{ path: "/positions/:id", element: <PositionPage /> }], { at: "/positions/pos_2" });
}
const panel = async () => (await screen.findByRole("heading", { name: "What is wrong" })).closest("section") as HTMLElement;
const failure = { code: "ASG-0004", message: "Asgard refused the close 3 times" };

describe("a position that could not be closed", () => {
  const stuck = { state: "stuck_unwind", short: null, failure, alarms: [stuckAlarm()] };
  it("says state, reason, exposure, age and tries, and has one button", async () => {
    open(stuck);
    const found = await panel();
    expect(found).toHaveTextContent("Stateone leg stands alone and has to be closed");
    expect(found).toHaveTextContent("ReasonAsgard refused the close 3 times");
    expect(found).toHaveTextContent("At risk$12,466.92, 56.95 SOL long");
    expect(found).toHaveTextContent("Since2 min");
    expect(found).toHaveTextContent("TriedShort being bought back once; Long being sold on Solana 3 times");
    expect(found).toHaveTextContent("ASG-0004");
    expect(screen.getAllByRole("button", { name: /clos/i })).toHaveLength(1);
  });
  it("closes again through the same confirmation, and says what that does", async () => {
    open(stuck);
    await userEvent.click(within(await panel()).getByRole("button", { name: "Try closing again" }));
    const dialog = await screen.findByRole("dialog");
    expect(dialog).toHaveTextContent("what is closed already is looked at and not touched again");
    expect(within(dialog).getByRole("button", { name: "Close what is held" })).toBeEnabled();
  });
  it("says what it does not know", async () => {
    open({ ...stuck, alarms: [], failure: null });
    expect(within(await panel()).getAllByText(/^no data/)).toHaveLength(4);
  });
});

describe("a position in quarantine", () => {
  it("says why, counts down to what is done by itself, and can be closed", async () => {
    const why = "Nothing but closing is done with this position: the venue lists the long as SOL at MARGINFI.";
    open({ state: "quarantined", failure: null, alarms: [alarm({ kind: "book_mismatch", message: why, action: "Close what is there.", exposure_sol: null, exposure_usd: null })] });
    const found = await panel();
    expect(found).toHaveTextContent(why);
    expect(found).toHaveTextContent(/In 7:1\d we do this by ourselves: close what is there\./);
    expect(found).toHaveTextContent("At risknot known yet");
    expect(within(found).getByRole("button", { name: "Close position" })).toBeEnabled();
    expect(within(found).getByRole("button", { name: "Acknowledge" })).toBeEnabled();
  });
});

describe("a position that is being worked on", () => {
  it("says what is being repaired, step by step, and offers nothing the server would refuse", async () => {
    open({ state: "repairing", job_id: "job_r", alarms: [alarm({ kind: "leg_lost", position_id: "pos_2" })] });
    expect(await screen.findByText(/The short is brought to what the long still holds/)).toBeInTheDocument();
    expect(await screen.findByRole("list", { name: "What is being done" })).toBeInTheDocument();
    expect(screen.getByRole("list", { name: "Alarms of this position" })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /close/i })).toBeNull();
  });
  it("calls a closing off that waits and has not begun", async () => {
    let status: "pending" | "failed" = "pending";
    const waiting = { name: "close_short", title: "Short being bought back", status: "waiting" as const, attempt: 0, seconds: null, detail: null };
    const answer = () =>
      HttpResponse.json(
        status === "pending"
          ? job({ kind: "close", status, steps: [waiting], waiting_for: "Asgard", waiting_since: "2025-09-23T14:03:00Z" })
          : job({ kind: "close", status, steps: [], error: { code: "POS-0011", message: "Called off before anything was done" } }),
      );
    server.use(
      http.get("*/api/v1/positions/jobs/:id", answer),
      http.post("*/api/v1/positions/jobs/:id/cancel", () => {
        status = "failed";
        return answer();
      }),
    );
    open({ state: "closing_short", job_id: "job_c" });
    await userEvent.click(await screen.findByRole("button", { name: "Call it off, keep the position" }));
    expect(await screen.findByText(/Nothing was sent; everything is as it was/)).toBeInTheDocument();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("the timeline", () => {
  const line = (kind: string, name: string, title: string) => ({ ...timeline().entries[0]!, kind, name, title, error: null, detail: "words of the log" });
  it("tells the story and shows signatures and job ends only on request", async () => {
    const entries = [
      line("command", "close", "Closing asked for"), line("signed", "order", "Signature asked for: order"),
      line("outcome", "close", "Job close completed"), line("state", "repairing", "Position repairing"),
      line("alarm", "leg_lost", "Alarm raised: leg lost"),
    ];
    server.use(
      http.get("*/api/v1/positions/:id/timeline", () => HttpResponse.json({ entries })),
      http.get("*/api/v1/decisions", () => HttpResponse.json({ decisions: [] })),
    );
    open({});
    const list = await screen.findByRole("list", { name: "Timeline" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(3);
    expect(within(list).getByText(/State: a leg changed without our doing/)).toBeInTheDocument();
    expect(within(list).getAllByTitle("Line of the audit log: 3f9c2a7be011")[0]).toHaveTextContent("3f9c2a7b");
    await userEvent.click(screen.getByRole("radio", { name: "Every line" }));
    expect(within(list).getAllByRole("listitem")).toHaveLength(5);
    expect(within(list).getByText("Signature asked for: order")).toBeInTheDocument();
  });
});
