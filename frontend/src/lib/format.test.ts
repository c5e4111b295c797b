import { describe, expect, it } from "vitest";
import { amount, counted, distance, figure, leverage, money, percent, shortened, spokenMoney, spokenPercent } from "./format";
import { age, freshness, lasting, moment, utc } from "./time";

describe("numbers", () => {
  it("gives flows a sign and balances none", () => {
    expect(money("12578.77")).toBe("$12,578.77");
    expect(money("178.77", "flow")).toBe("+$178.77");
    expect(money("-34.44", "flow")).toBe("\u2212$34.44");
    expect(money("-34.44")).toBe("\u2212$34.44");
  });
  it("writes a flow of nothing without a sign, also when it only rounds to nothing", () => {
    expect(money("0", "flow")).toBe("$0.00");
    expect(money("-0.004", "flow")).toBe("$0.00");
  });
  it("keeps four places for hourly entries", () => {
    expect(money("0.15561", "flow", 4)).toBe("+$0.1556");
  });
  it("writes tokens with their own precision", () => {
    expect(amount("46.19201", "jitoSOL")).toBe("46.1920 jitoSOL");
    expect(amount("56.951", "SOL")).toBe("56.95 SOL");
    expect(amount("-56.871", "SOL", "flow")).toBe("\u221256.87 SOL");
    expect(amount("6892.349", "USDC")).toBe("6,892.35 USDC");
    expect(figure("0.214", 4)).toBe("0.2140");
  });
  it("writes fractions as percent", () => {
    expect(percent("0.047", 2)).toBe("4.70%");
    expect(percent("-0.3092", 1, "flow")).toBe("\u221230.9%");
    expect(percent("0.166", 1, "flow")).toBe("+16.6%");
  });
  it("measures the distance from the mark", () => {
    expect(percent(distance("151.28", "218.92") ?? "0", 1, "flow")).toBe("\u221230.9%");
    expect(distance("1", "0")).toBeNull();
  });
  it("speaks amounts", () => {
    expect(spokenMoney("-34.44", "flow")).toBe("minus 34 dollars 44 cents");
    expect(spokenMoney("1.01", "flow")).toBe("plus 1 dollar 1 cent");
    expect(spokenMoney("0")).toBe("0 dollars");
    expect(spokenPercent("-0.047", 1)).toBe("minus 4.7 percent");
  });
  it("writes leverage, addresses and counts", () => {
    expect(leverage("2")).toBe("2.0x");
    expect(shortened("0x91c4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa7aE2")).toBe("0x91c4…7aE2");
    expect(counted(1, "check")).toBe("1 check");
    expect(counted(3, "check")).toBe("3 checks");
  });
});

describe("times", () => {
  it("writes ages", () => {
    expect([4_000, 180_000, 7_200_000, 3 * 86_400_000].map(age)).toEqual(["4 s", "3 min", "2 h", "3 days"]);
    expect(lasting(31.6 * 86_400_000)).toBe("31.6 days");
  });
  it("knows when a figure is stale and when it is forgotten", () => {
    expect(freshness("mark", 10_000)).toBe("fresh");
    expect(freshness("mark", 10_001)).toBe("stale");
    expect(freshness("rates", 60_001)).toBe("stale");
    expect(freshness("balances", 90_000)).toBe("fresh");
    expect(freshness("rates", 1_800_001)).toBe("forgotten");
    expect(freshness("rates", null)).toBe("forgotten");
  });
  it("writes moments in the reader's zone and UTC in full", () => {
    expect(moment("2025-09-23T14:00:08Z")).toBe("23 Sep 14:00");
    expect(utc("2025-09-23T14:00:08Z")).toBe("2025-09-23 14:00:08 UTC");
  });
});
