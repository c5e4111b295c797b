import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { opportunities } from "../../testing/fixtures-risk";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { OpportunitiesSection } from "./opportunities-section";

serveApi();
const answers = (change: Parameters<typeof opportunities>[0]) =>
  server.use(http.get("*/api/v1/rates/opportunities", () => HttpResponse.json(opportunities(change))));
const rows = async () => within(await screen.findByRole("table")).getAllByRole("row").slice(1);

describe("where it pays", () => {
  it("ranks what can be entered, with its worst month, costs and break-even", async () => {
    show(<OpportunitiesSection size="14300" />);
    const [first, ...others] = await rows();
    expect(first).toHaveTextContent("1. jitoSOL on Kaminoopens with 25.0% of room, up to 2.7x is safe; can be reduced in place");
    expect(first).toHaveTextContent(/2\.5x\+13\.6%.*\u22124\.1%.*\$39\.54.*9 days/);
    expect(others).toHaveLength(5);
    expect(within(others[4] as HTMLElement).getByText("no data")).toBeInTheDocument();
    expect(screen.getByText(/Over 365 days known funding averaged 10\.2% a year; its worst 30 days \u22124\.8%/)).toHaveTextContent("62 hours");
  });
  it("shows what cannot be entered on request, each with what stands in the way", async () => {
    show(<OpportunitiesSection size="14300" />);
    await userEvent.click(await screen.findByRole("button", { name: "3 more, 2 of all cannot be entered now" }));
    const all = await rows();
    expect(all).toHaveLength(9);
    expect(all[7]).toHaveTextContent("not now: 3x leaves too little room on Kamino");
    expect(all[8]).toHaveTextContent("not now: Marginfi is switched off by the operator");
  });
  it("says so when none can be entered, and when the year is not known", async () => {
    answers({ year: null, opportunities: opportunities().opportunities.slice(7).map((one) => ({ ...one, worst_net_apr: null })) });
    show(<OpportunitiesSection size="14300" />);
    expect(await rows()).toHaveLength(2);
    expect(screen.getByText(/None of them can be entered now/)).toBeInTheDocument();
    expect(screen.getByText(/Too little of the last year is known/)).toBeInTheDocument();
    expect(screen.getAllByText("no data")).toHaveLength(2);
  });
  it("keeps its place while no lender can be judged", async () => {
    answers({ opportunities: [] });
    show(<OpportunitiesSection size="14300" />);
    expect(await screen.findByText(/No lender can be judged right now/)).toBeInTheDocument();
  });
});
