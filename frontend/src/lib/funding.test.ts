import { describe, expect, it } from "vitest";
import { betweenLines, howOften, isEnough, yearly } from "./funding";

const BEGIN = Date.UTC(2025, 5, 25);
const hoursOf = (rates: string[], at = (index: number) => index) =>
  rates.map((income_apr, index) => ({ hour: new Date(BEGIN + at(index) * 3_600_000).toISOString(), income_apr }));
const some = (count: number, many: string, few: string, of = 100) => hoursOf(Array.from({ length: of }, (_, n) => (n < count ? many : few)));

describe("how often the short earned enough", () => {
  it("is told only where enough is known", () => {
    const hours = some(27, "0.2", "-0.1");
    expect(howOften("0.15", hours)).toBe("An hour of 15.00% or more was 27% of the last 4 days.");
    expect(howOften(null, hours)).toBe("An hour in which the short earns was 27% of the last 4 days.");
    expect(howOften("0.15", hours.slice(0, 23))).toBeNull();
    expect(howOften("0.15", hours.slice(0, 24))).toBe("An hour of 15.00% or more was 100% of the last day.");
    expect(howOften("0.15", undefined)).toBeNull();
  });
  it("takes the line itself as enough, and nothing as too little whatever is asked", () => {
    const [hour] = hoursOf(["0.15"]);
    const [idle] = hoursOf(["0"]);
    expect(hour && isEnough(hour, "0.15")).toBe(true);
    expect(hour && isEnough(hour, "0.150001")).toBe(false);
    expect(idle && isEnough(idle, "-1")).toBe(false);
  });
  it("never rounds what happened to nothing, or what did not always happen to always", () => {
    expect(howOften("0.15", some(1, "0.2", "0", 1000))).toContain("less than 1% of the last 42 days");
    expect(howOften("0.15", some(999, "0.2", "0", 1000))).toContain("more than 99%");
    expect(howOften("0.15", some(0, "0.2", "0"))).toContain("was 0% of");
  });
  it("does not count hours that are not known as anything", () => {
    const gap = hoursOf(Array.from({ length: 72 }, () => "0.2"), (index) => (index < 36 ? index : index + 24));
    expect(howOften("0.15", gap)).toBe("An hour of 15.00% or more was 100% of the 72 hours known of the last 4 days.");
  });
});

describe("between the lines for entering and leaving", () => {
  it("uses the server's yearly rates", () => {
    expect(yearly("0.00005")).toBe("0.05475");
  });
  it("names both with what they mean", () => {
    const hours = some(40, "0.2", "-0.1");
    expect(betweenLines("0.05475", "0", hours)).toBe(
      "In 40% of the hours of the last 4 days the short earned 5.48% a year or more, your line for entering. In 60% it paid, which is below your line for leaving.",
    );
    expect(betweenLines("0", "-0.2", hours)).toMatch(/earned anything at all, your.* In 0% it paid more than 20\.00% a year/);
    expect(betweenLines("0.3", "0.1", hours)).toMatch(/In 0% .* In 60% it earned less than 10\.00% a year/);
  });
  it("says so where too little is known", () => {
    expect(betweenLines("0.05", "0", hoursOf(["0.2"]))).toBe("Only 1 hour is known yet, too few to say how often.");
  });
});
