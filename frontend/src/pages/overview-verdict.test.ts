import { describe, expect, it } from "vitest";
import { position, rates } from "../testing/fixtures";
import { alarm, stuckAlarm } from "../testing/fixtures-oversight";
import { directed, nearestDanger } from "./overview-figures";
import { judge, netTogether } from "./overview-verdict";

const facts = { positions: [position()], rates: rates(), hasMoney: true };

describe("the verdict", () => {
  it("says that it pays, how much, on what", () => {
    const { kind, sentence } = judge(facts, false);
    expect(kind).toBe("in");
    expect(sentence).toBe("It pays to be in. At the present rates your position earns 14.6% a year on $12,400.00, after borrowing.");
  });
  it("says that it does not pay", () => {
    const { kind, sentence } = judge({ ...facts, positions: [position({ net_apr: "-0.021" })] }, false);
    expect(kind).toBe("caution");
    expect(sentence).toContain("your position loses 2.1% a year");
  });
  it("puts a leg that stands alone before everything", () => {
    const { kind, sentence } = judge({ ...facts, positions: [position({ state: "stuck_unwind" }), position()] }, true);
    expect(kind).toBe("alarm");
    expect(sentence).toContain("1 leg stands alone");
  });
  it("begins with the worst open alarm, whatever it earns", () => {
    const stuck = judge(facts, false, { alarm: stuckAlarm(), others: 1 });
    expect(stuck.kind).toBe("alarm");
    expect(stuck.sentence).toBe("A position could not be closed: at risk $12,466.92, 56.95 SOL long.");
    expect(stuck.why).toContain("1 other alarm is open");
    const quiet = judge(facts, true, { alarm: alarm({ kind: "ledger_mismatch", acts_at: null, exposure_sol: null, exposure_usd: null }), others: 0 });
    expect(quiet.kind).toBe("caution");
    expect(quiet.sentence).toBe("Figures do not add up: at risk not known yet.");
  });
  it("does not judge on old or missing figures", () => {
    expect(judge(facts, true).kind).toBe("unknown");
    expect(judge({ ...facts, rates: { ...rates(), is_stale: true } }, false).kind).toBe("unknown");
    expect(judge({ ...facts, positions: [position({ net_apr: null })] }, false).sentence).toContain("not known");
  });
  it("does not judge on disputed figures, and says what speaks against them", () => {
    const price = { state: "disputed" as const, reason: "Hyperliquid says $170.00, Asgard $150.00.", age_seconds: 1 };
    const { kind, sentence, why } = judge({ ...facts, rates: { ...rates(), price } }, false);
    expect(kind).toBe("unknown");
    expect(sentence).toContain("disputed");
    expect(why).toContain("Asgard $150.00. Nothing is opened");
  });
  it("tells somebody who is out whether it would pay, and after how many days", () => {
    const { kind, sentence, why } = judge({ ...facts, positions: [], hasMoney: false }, false);
    expect(kind).toBe("out");
    expect(sentence).toBe("Nothing is invested yet. It would pay to be in: 16.6% a year at today’s rates.");
    expect(why).toContain("you must stay 9 days");
    const losing = { ...rates(), lenders: rates().lenders.map((lender) => ({ ...lender, net_apr: "-0.03", break_even_days: null })) };
    expect(judge({ ...facts, positions: [], rates: losing }, false).sentence).toContain("would not pay now");
  });
  it("weighs several positions by their capital", () => {
    const net = netTogether([position({ size_usd: "1000", net_apr: "0.10" }), position({ size_usd: "3000", net_apr: "0.20" })]);
    expect(net).toEqual({ rate: "0.175", capital: "4000" });
  });
});

describe("the nearest danger", () => {
  it("is the smallest distance of any leg, with the sign of its direction", () => {
    const danger = nearestDanger([position()], 0);
    expect(danger).toMatchObject({ leg: "long", price: "151.28" });
    expect(danger && directed(danger)).toBe("-0.309");
    expect(nearestDanger([position({ long: null })], 0)).toMatchObject({ leg: "short", price: "333.74" });
    expect(nearestDanger([], 0)).toBeNull();
  });
});
