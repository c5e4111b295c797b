import { screen } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { RiskResponse } from "../../api/schema.gen";
import { NOW } from "../../testing/fixtures";
import { nearRisk, positionRisk, risk } from "../../testing/fixtures-risk";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { RiskPanel } from "./risk-panel";
import { fallWords, firstTimer, nearestNow, stepWords, timerBrief, timerWords } from "./words";

serveApi();
const MARKET = new Date(NOW).getTime();
const answers = (change: Partial<RiskResponse>) => server.use(http.get("*/api/v1/risk", () => HttpResponse.json(risk(change))));
const panel = () => show(<RiskPanel positionId="pos_2" market={{ now: MARKET, at: Date.now() }} />);

describe("the risk panel", () => {
  it("says how safe both legs are and which rule acts next on either side", async () => {
    panel();
    expect(await screen.findByRole("heading", { name: /Both legs have room/ })).toBeInTheDocument();
    expect(screen.getByText("56.3%", { selector: "[aria-hidden]" })).toBeInTheDocument();
    expect(screen.getByText("Falling to $177.98 (\u221218.7%): both legs are made smaller.")).toBeInTheDocument();
    expect(screen.getByText("Rising to $290.21 (+32.6%): both legs are made smaller.")).toBeInTheDocument();
    expect(screen.queryByRole("list", { name: "Dangers that stand" })).toBeNull();
  });
  it("counts down what must last before the position is left, and shows what does not hold", async () => {
    answers({ positions: [nearRisk()] });
    panel();
    const standing = await screen.findByRole("list", { name: "Dangers that stand" });
    expect(standing).toHaveTextContent(/The long is near its liquidation price since .*\. If it still is in (2:00|1:5\d), the position is closed\./);
    expect(screen.getByText("12.1%", { selector: "span:not([aria-hidden])" })).toHaveTextContent("(more than 15.0%)");
  });
  it("says what speaks against the price and never shows the unknown as zero", async () => {
    answers({
      price_state: "disputed",
      price_doubt: "Mark and oracle are 9% apart.",
      positions: [positionRisk({ health: null, stated_health: null, margin_fraction: null, drift: null, lst_discount: null, next_below: null, next_above: null, seen_seconds: null })],
    });
    panel();
    expect(await screen.findByText("The price is disputed: Mark and oracle are 9% apart. Nothing is closed because of it.")).toBeInTheDocument();
    expect(screen.getAllByText("no data")).toHaveLength(6);
    expect(screen.getByText(/None, at any price we can foresee/)).toBeInTheDocument();
  });
  it("judges nothing while a job is at work, nor what is not held", async () => {
    answers({ positions: [positionRisk({ is_judged: false, verdict: null, reason: null, criteria: [] })] });
    const { unmount } = panel();
    expect(await screen.findByRole("heading", { name: /being opened or left/ })).toBeInTheDocument();
    unmount();
    answers({ positions: [] });
    panel();
    expect(await screen.findByText(/not among the positions that are watched/)).toBeInTheDocument();
  });
});

describe("words of danger", () => {
  const timer = { kind: "short" as const, since: "2025-09-23T13:57:08Z", until: "2025-09-23T14:02:08Z" };
  it("a countdown that is over says what is being done", () => {
    expect(timerBrief(timer, MARKET)).toContain("closed in 2:00 if it stays so");
    expect(timerWords(timer, MARKET + 121_000)).toContain("the position is closed now");
  });
  it("the timer that ends first over all positions comes first", () => {
    const later = { ...timer, until: "2025-09-23T14:02:08.500Z" };
    expect(firstTimer([positionRisk({ timers: [later] }), positionRisk({ timers: [timer] })])).toEqual(timer);
    expect(firstTimer([positionRisk()])).toBeNull();
  });
  it("the nearest leg is the first position's that has one", () => {
    const known = risk({ positions: [positionRisk({ nearest: null }), positionRisk({ nearest: "short", seen_seconds: 9 })] });
    expect(nearestNow(known, 100_000)).toEqual({ distance: "0.5245", price: "333.74", leg: "short", at: 91_000 });
    expect(nearestNow(risk({ positions: [] }), 0)).toBeNull();
  });
  it("a step at the present price is done now", () => {
    expect(stepWords({ rule: "long_health", action: "exit", price: "150", distance: "0" })).toBe("At the price of now, $150.00: the position is closed.");
  });
  it("the account's fall is told against its high and the limit", () => {
    const account = risk().account;
    if (account === null) throw new Error("the fixture has an account");
    expect(fallWords(account)).toBe("The account stands 0.6% below its high of $14,440.00, after what was paid in and out; 20.0% below it openings stop, closing never.");
    expect(fallWords({ ...account, drawdown: "0" })).toMatch(/^The account stands at its high of/);
  });
});
