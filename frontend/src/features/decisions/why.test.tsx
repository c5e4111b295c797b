import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { EVENTS } from "../../lib/events";
import { cut, held, waited } from "../../testing/fixtures-decisions";
import { errorBody } from "../../testing/handlers";
import { show, testCache } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { Why } from "./why";

serveApi();
const OF = "jitoSOL long, SOL-PERP short";
async function open(about = { position: "pos_2" } as Parameters<typeof Why>[0]["about"], first?: string) {
  const view = show(<Why about={about} of={OF} first={first} />);
  await userEvent.click(screen.getByRole("button", { name: `Why: ${OF}` }));
  return { ...view, drawer: await screen.findByRole("dialog", { name: `Why: ${OF}` }) };
}
const answers = (decisions: unknown[]) => server.use(http.get("*/api/v1/decisions", () => HttpResponse.json({ decisions })));

describe("why", () => {
  it("shows the newest decision whole and the earlier ones below it", async () => {
    const { drawer } = await open();
    const card = await within(drawer).findByRole("article", { name: /14\.6% a year is left/ });
    expect(card).toHaveTextContent("Hold. Decided");
    expect(card).toHaveTextContent("still so");
    expect(card).toHaveTextContent("rule strategy.exit, version 1");
    expect(within(card).getByRole("region", { name: "What it looked at" })).toHaveTextContent("Result so far$178.77");
    expect(within(card).getByRole("region", { name: "What it held that against" })).toHaveTextContent("Stop at a loss of10%");
    expect(within(card).getByTitle("It was not known when this was decided.")).toHaveTextContent("no data");
    expect(within(drawer).getAllByRole("article")).toHaveLength(1);
    await userEvent.click(within(drawer).getByRole("button", { name: /Make smaller\. SOL came within 14\.7 %/ }));
    const earlier = within(drawer).getByRole("article", { name: /SOL came within/ });
    expect(earlier).toHaveTextContent("something else has been decided since");
    expect(earlier).toHaveTextContent("(cut 0.16)");
  });
  it("puts failing criteria first, with what would make them hold", async () => {
    answers([waited()]);
    const { drawer } = await open({ subject: "intent:intent_1" });
    const list = within(await within(drawer).findByRole("region", { name: "Criteria" })).getAllByRole("listitem");
    expect(list.slice(0, 2).map((item) => item.getAttribute("data-passes"))).toEqual(["false", "false"]);
    expect(list[2]).toHaveAttribute("data-passes", "true");
    expect(list[0]).toHaveTextContent("The short earns, now10.95% (at least 15.00% a year)4.05 points missing.");
    expect(drawer).toHaveTextContent("12 of 14 hold");
  });
  it("begins with the decision it was asked about", async () => {
    const { drawer } = await open({ position: "pos_2" }, cut().id);
    expect(await within(drawer).findByRole("article", { name: /SOL came within/ })).toBeInTheDocument();
    expect(within(drawer).getByRole("heading", { name: "The others" })).toBeInTheDocument();
  });
  it("asks for the one subject only", async () => {
    const asked: string[] = [];
    server.use(http.get("*/api/v1/decisions", ({ request }) => { asked.push(new URL(request.url).search); return HttpResponse.json({ decisions: [] }); }));
    const { drawer } = await open({ subject: "strategy:did:privy:ingrid" });
    expect(await within(drawer).findByText(/Nothing has been decided about this yet/)).toBeInTheDocument();
    expect(asked).toEqual(["?subject=strategy%3Adid%3Aprivy%3Aingrid&limit=50"]);
  });
  it("says what a failure means and asks again", async () => {
    server.use(http.get("*/api/v1/decisions", () => HttpResponse.json(errorBody("GEN-0002", "Internal error", 500), { status: 500 })));
    const { drawer } = await open();
    expect(await within(drawer).findByText(/What was decided stands/)).toBeInTheDocument();
    server.resetHandlers();
    await userEvent.click(within(drawer).getByRole("button", { name: "Ask again" }));
    expect(await within(drawer).findByRole("article")).toBeInTheDocument();
  });
  it("asks nobody until it is opened, and gives the focus back when closed", async () => {
    let asked = 0;
    server.use(http.get("*/api/v1/decisions", () => { asked += 1; return HttpResponse.json({ decisions: [held()] }); }));
    show(<Why about={{}} of={OF} />);
    const link = screen.getByRole("button", { name: `Why: ${OF}` });
    expect(asked).toBe(0);
    await userEvent.click(link);
    await screen.findByRole("article");
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(link).toHaveFocus();
  });
});

describe("events that may have decided something", () => {
  it.each(["position_update", "position_opened", "position_closed", "intent_update", "strategy_update", "alarm_update", "control_update"])("%s", (name) => {
    const cache = testCache();
    cache.setQueryData(["decisions", {}], { decisions: [] });
    EVENTS[name]?.(cache, {});
    expect(cache.getQueryState(["decisions", {}])?.isInvalidated).toBe(true);
  });
});
