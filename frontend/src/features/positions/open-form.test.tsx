import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { errorBody } from "../../testing/handlers";
import { config, rates } from "../../testing/fixtures";
import { job } from "../../testing/fixtures-trading";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { useEntryState } from "./entry-state";
import { OpenForm } from "./open-form";

serveApi();
const PREFERRED = { default_asset: "jitoSOL", default_size_usd: "1000" };

function Harness({ leverage }: { leverage: string }) {
  const form = useEntryState(leverage, rates().lenders, PREFERRED);
  return <OpenForm form={form} lenders={rates().lenders} ratesAt={null} limits={config().limits} />;
}

async function fillIn(size: string, leverage = "2.0") {
  const person = userEvent.setup();
  show(<Harness leverage={leverage} />);
  const field = screen.getByLabelText("Your capital, both legs");
  await person.clear(field);
  await person.type(field, size);
  return person;
}

/** Every opening the server was asked for, and what it answers. */
function openings(answers: (() => Response)[]) {
  const seen: { key: string | null; csrf: string | null; entry: unknown }[] = [];
  server.use(
    http.post("*/api/v1/positions/open", async ({ request }) => {
      seen.push({
        key: request.headers.get("Idempotency-Key"),
        csrf: request.headers.get("X-CSRF-Token"),
        entry: await request.json(),
      });
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      return answer ? answer() : HttpResponse.error();
    }),
  );
  return seen;
}
const accepted = () => HttpResponse.json({ job_id: "job_open", position_id: "pos_3" }, { status: 202 });

describe("opening a position", () => {
  it("lists failing checks first and keeps the button shut with their count", async () => {
    await fillIn("2500", "3.0");
    const button = await screen.findByRole("button", { name: "3 checks do not pass" });
    expect(button).toBeDisabled();
    const passes = [...document.querySelectorAll("li[data-passes]")].map((item) => item.getAttribute("data-passes"));
    expect(passes.slice(0, 3)).toEqual(["false", "false", "false"]);
    expect(passes.slice(3)).not.toContain("false");
    expect(screen.getByText("Move $303.79 more to Hyperliquid. (HLQ-0003)")).toBeInTheDocument();
  });
  it("carries the amount on the button, sends it once as text under one key, and shows the steps", async () => {
    document.cookie = "basis_csrf=token-of-this-session";
    const seen = openings([accepted]);
    const person = await fillIn("1,200.00");
    await person.click(await screen.findByRole("button", { name: "Open for $1,200.00" }));
    expect(await screen.findByText("Long bought on Solana")).toBeInTheDocument();
    expect(screen.getByText("Short being placed")).toBeInTheDocument();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      csrf: "token-of-this-session",
      entry: { asset: "jitoSOL", protocol: 1, size_usd: "1200", leverage: "2.0", execute_immediately: true },
    });
    expect(seen[0]?.key).toMatch(/^[0-9a-f]{32}$/);
    expect(screen.getByRole("button", { name: /^Opening/ })).toBeDisabled();
  });
  it("answers silence with the same key and says that the outcome is not known", async () => {
    const seen = openings([() => HttpResponse.error(), accepted]);
    const person = await fillIn("1200");
    await person.click(await screen.findByRole("button", { name: "Open for $1,200.00" }));
    expect(await screen.findByText("We do not know yet whether this was done.")).toBeInTheDocument();
    await waitFor(() => expect(seen).toHaveLength(2), { timeout: 4_000 });
    expect(seen[1]?.key).toBe(seen[0]?.key);
  });
  it("takes a refusal as final and uses another key for another try", async () => {
    const refusal = () => HttpResponse.json(errorBody("RSK-0001", "A check before opening failed", 409), { status: 409 });
    const seen = openings([refusal, accepted]);
    const person = await fillIn("1200");
    await person.click(await screen.findByRole("button", { name: "Open for $1,200.00" }));
    expect(await screen.findByText(/RSK-0001, request 7f3a-c21/)).toBeInTheDocument();
    expect(screen.getByText(/Nothing was opened/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Open for $1,200.00" })).toBeDisabled();
    await person.click(screen.getByRole("button", { name: "Look again" }));
    await person.click(screen.getByRole("button", { name: "Open for $1,200.00" }));
    await waitFor(() => expect(seen).toHaveLength(2));
    expect(seen[1]?.key).not.toBe(seen[0]?.key);
  });
  it("says what became of an opening that did not work", async () => {
    openings([accepted]);
    server.use(
      http.get("*/api/v1/positions/jobs/:id", () =>
        HttpResponse.json(job({ status: "failed", error: { code: "HLQ-0006", message: "The short could not be filled" } })),
      ),
    );
    const person = await fillIn("1200");
    await person.click(await screen.findByRole("button", { name: "Open for $1,200.00" }));
    expect(await screen.findByText("The short could not be filled.")).toBeInTheDocument();
    expect(screen.getByText(/has been sold again/)).toBeInTheDocument();
  });
  it.each([
    ["99.99", "At least $100.00."],
    ["50000.01", "At most $50,000.00."],
    ["12abc", "This is not an amount yet."],
    ["-5", "This is not an amount yet."],
  ])("refuses %s before asking anybody", async (size, words) => {
    await fillIn(size);
    expect(screen.getByText(words)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "An amount is needed" })).toBeDisabled();
  });
  it("never changes what is about to be bought by itself when another lender becomes the best", async () => {
    const { lenders } = rates();
    function Shifting() {
      const [order, setOrder] = useState(lenders);
      const form = useEntryState("2.0", order, PREFERRED);
      return (
        <>
          <button onClick={() => setOrder([...order].reverse())}>shift</button>
          <OpenForm form={form} lenders={order} ratesAt={null} limits={config().limits} />
        </>
      );
    }
    show(<Shifting />);
    const isChosen = () => screen.getByRole("radio", { name: /jitoSOL on Kamino/ }).getAttribute("aria-checked");
    expect(isChosen()).toBe("true");
    await userEvent.click(screen.getByRole("button", { name: "shift" }));
    expect(isChosen()).toBe("true");
  });
  it("offers lenders that are switched on, and no other", async () => {
    await fillIn("1200");
    expect(screen.getAllByRole("radio")).toHaveLength(2);
    expect(screen.queryByText(/Marginfi/)).toBeNull();
  });
});
