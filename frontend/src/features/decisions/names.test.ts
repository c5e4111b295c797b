import { describe, expect, it } from "vitest";
import { labelOf, laidOut, valueOf } from "./names";

const value = (name: string, text: string | null) => valueOf({ name, value: text });

describe("what a rule looked at", () => {
  it("is told in its unit", () => {
    expect(value("size_usd", "12400")).toBe("$12,400.00");
    expect(value("market.mark_price", "218.92")).toBe("$218.92");
    expect(value("market.price_deviation", "0.0001")).toBe("0.01%");
    expect(value("market.funding_now", "-0.0264")).toBe("\u22122.64%");
    expect(value("config.stop_loss_pct", "10")).toBe("10%");
    expect(value("config.max_position_pct", "0.9")).toBe("90.00%");
    expect(value("bounds.patience_hours", "24")).toBe("24 h");
    expect(value("market.leverage", "2")).toBe("2.0x");
    expect(value("market.protocol", "1")).toBe("Kamino");
    expect(value("person.is_opening", "no")).toBe("no");
  });
  it("never becomes a zero by rounding, and stays unknown where it was", () => {
    expect(value("snapshot.perp.funding_now.longs_pay_hourly", "0.0000125")).toBe("0.00125%");
    expect(value("exit_funding_rate_8hr", "-0.0000001")).toBe("\u22120.00001%");
    expect(value("market.net_apr", null)).toBeNull();
  });
  it("tells what is absent from what is unknown, and a limit nobody set from both", () => {
    expect(value("person.paused", null)).toBe("none");
    const wish = [{ name: "take_profit_pct", value: null }];
    expect(laidOut(wish, true).rows[0]?.value).toBe("none");
    expect(laidOut(wish).rows[0]?.value).toBeNull();
  });
  it("has a name a person can read, also where nobody wrote one", () => {
    expect(labelOf("market.funding_next")).toBe("The short earns, next hour");
    expect(labelOf("something.quite_new_usd")).toBe("Quite new");
  });
  it("puts many of a kind into one line each", () => {
    const { rows, lists } = laidOut([
      { name: "assets.1", value: "SOL" },
      { name: "assets.2", value: "jitoSOL" },
      { name: "market.offers.1.asset", value: "SOL" },
      { name: "market.offers.1.net_apr", value: "0.155" },
      { name: "market.offers.2.asset", value: "jitoSOL" },
      { name: "market.offers.2.net_apr", value: null },
    ]);
    expect(rows.map((row) => [row.label, row.value])).toEqual([["Assets", "SOL, jitoSOL"]]);
    expect(lists[0]?.lines).toEqual(["Asset: SOL; Left on the capital, a year: 15.50%", "Asset: jitoSOL; Left on the capital, a year: not known"]);
  });
});
