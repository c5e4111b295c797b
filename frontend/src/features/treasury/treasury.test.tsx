import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { balances, config, EVM, SOLANA } from "../../testing/fixtures";
import { job } from "../../testing/fixtures-trading";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { BalancesTable } from "./balances-table";
import { DepositDialog } from "./deposit-dialog";
import { MoveForm, wrongMove } from "./move-form";
import { Movements } from "./movements";

serveApi();
const { limits } = config();

describe("balances", () => {
  it("adds up what every venue stated", () => {
    render(<BalancesTable balances={balances()} longEquity="5574.57" />);
    const sums = screen.getAllByRole("row").at(-1);
    expect(sums).toHaveTextContent("$12,578.77");
    expect(sums).toHaveTextContent("$1,710.47");
  });
  it("counts money that a bridge owes, and says nothing of none", () => {
    const { rerender } = render(<BalancesTable balances={balances()} longEquity="5574.57" />);
    expect(screen.queryByText("Under way")).not.toBeInTheDocument();
    rerender(<BalancesTable balances={balances({ under_way_usd: "100" })} longEquity="5574.57" />);
    expect(screen.getByText("Under way")).toBeInTheDocument();
    expect(screen.getAllByRole("row").at(-1)).toHaveTextContent("$1,810.47");
  });
  it("names a silent venue's reason and gives no sum with a part missing", () => {
    const failures = [{ venue: "hyperliquid", code: "NET-0003", message: "A venue does not answer" }];
    render(<BalancesTable balances={balances({ hyperliquid: null, total_usd: null, failures })} longEquity="5574.57" />);
    expect(screen.getAllByTitle("A venue does not answer (NET-0003)").length).toBeGreaterThan(0);
    const sums = screen.getAllByRole("row").at(-1);
    expect(sums).toHaveTextContent("no data");
    expect(sums).not.toHaveTextContent("$1,090.47");
  });
});

describe("moving to Hyperliquid", () => {
  it.each([
    ["4.99", "are lost on Hyperliquid"],
    ["400.01", "400.00 USDC is on Arbitrum"],
    ["25000.01", "At most 25,000.00 USDC"],
    ["x", "not an amount"],
  ])("refuses %s", (typed, words) => {
    expect(wrongMove(typed, "400", limits)).toContain(words);
  });
  it("refuses when it is not known what is there, and takes what is right", () => {
    expect(wrongMove("10", null, limits)).toContain("not known");
    expect(wrongMove("400.00", "400", limits)).toBeNull();
  });
  it("sends the amount as text and follows the steps", async () => {
    let asked: unknown;
    server.use(
      http.post("*/api/v1/deposits", async ({ request }) => {
        asked = await request.json();
        return HttpResponse.json({ job_id: "job_move" }, { status: 202 });
      }),
      http.get("*/api/v1/positions/jobs/job_move", () =>
        HttpResponse.json(
          job({ kind: "deposit", status: "completed", steps: [{ name: "await_credit", title: "Credited by Hyperliquid", status: "done", attempt: 1, seconds: "48", detail: null }] }),
        ),
      ),
    );
    const person = userEvent.setup();
    show(<MoveForm available="400.00" limits={limits} />);
    const field = screen.getByLabelText("Move to Hyperliquid");
    await person.clear(field);
    await person.type(field, "250.5");
    await person.click(screen.getByRole("button", { name: "Move 250.50 USDC" }));
    expect(await screen.findByText("Credited by Hyperliquid")).toBeInTheDocument();
    expect(asked).toEqual({ amount_usdc: "250.5" });
  });
});

describe("a transfer that has begun", () => {
  it("stays in sight when nothing is left on Arbitrum", async () => {
    const person = userEvent.setup();
    function Emptying() {
      const [available, setAvailable] = useState("400.00");
      return (
        <>
          <button onClick={() => setAvailable("0")}>leave</button>
          <MoveForm available={available} limits={limits} />
        </>
      );
    }
    show(<Emptying />);
    await person.click(screen.getByRole("button", { name: "Move 400.00 USDC" }));
    expect(await screen.findByText("Short being placed")).toBeInTheDocument();
    await person.click(screen.getByRole("button", { name: "leave" }));
    expect(screen.getByText("Short being placed")).toBeInTheDocument();
  });
});

describe("the deposit dialog", () => {
  it("shows both whole addresses with their codes, what is there, and asks the paper faucet", async () => {
    let asked: unknown;
    server.use(
      http.post("http://paper.test/control/faucet", async ({ request }) => {
        asked = await request.json();
        return HttpResponse.json({});
      }),
    );
    show(<DepositDialog config={config()} open onOpenChange={vi.fn()} />);
    expect(await screen.findByLabelText("QR code of the Solana address")).toBeInTheDocument();
    expect(screen.getByLabelText("QR code of the Arbitrum address")).toBeInTheDocument();
    for (const address of [SOLANA, EVM]) expect(document.querySelector(`[data-address="${address}"]`)).toHaveTextContent(address);
    await userEvent.click(await screen.findByRole("button", { name: "Get test money" }));
    expect(await screen.findByText(/Sent on both networks/)).toBeInTheDocument();
    expect(JSON.stringify(asked)).toContain(SOLANA);
    expect(JSON.stringify(asked)).toContain(EVM);
  });
  it("has no faucet outside the simulated world", async () => {
    show(<DepositDialog config={{ ...config(), mode: "live", paper: null }} open onOpenChange={vi.fn()} />);
    await screen.findByLabelText("QR code of the Solana address");
    expect(screen.queryByRole("button", { name: "Get test money" })).toBeNull();
  });
});

describe("movements", () => {
  it("lists what crosses the chains with the place it is at, newest first", async () => {
    show(<Movements />);
    expect(await screen.findByText(/180\.00 USDC to the short: between the chains: Circle owes it/)).toBeInTheDocument();
    expect(screen.getAllByText(/credited on Hyperliquid/).length).toBe(2);
  });
});
