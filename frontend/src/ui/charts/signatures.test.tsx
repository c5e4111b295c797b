import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { BreakEvenDial } from "./break-even-dial";
import { cutAt } from "./bars-chart";
import { LegsBalance } from "./legs-balance";
import { PriceAxis } from "./price-axis";

const result = { funding: "159.74", staking: "76.64", lending: "1.20", borrowing: "-34.44", fees: "-39.54", price_residual: "15.17", total: "178.77" };
const legs = {
  short: { title: "Short on Hyperliquid", value: "12450.04", detail: "56.87 SOL at mark $218.92", brief: "56.87 SOL" },
  long: { title: "Long on Solana", value: "12466.92", detail: "56.95 SOL", brief: "56.95 SOL" },
  leftOver: "+0.08 SOL, 0.14% of the hedge",
  span: "since 23 Aug",
};

describe("two legs, one remainder", () => {
  it("says in words what it draws, part by part", () => {
    render(<LegsBalance {...legs} result={result} />);
    const words = screen.getByRole("img").getAttribute("aria-label");
    expect(words).toContain("Short $12,450.04 and long $12,466.92 cancel.");
    expect(words).toContain("Fees and slippage \u2212$39.54");
    expect(words).toContain("net +$178.77");
  });
  it("hatches what takes and fills what adds", () => {
    const { container } = render(<LegsBalance {...legs} result={result} />);
    const hatched = [...container.querySelectorAll('rect[fill^="url"]')];
    expect(hatched).toHaveLength(3); // the short leg, borrowing, fees
    expect(container.querySelectorAll('g > rect[fill="var(--funding)"]').length).toBe(1);
  });
  it("draws the legs alone while a part of the result is unknown", () => {
    render(<LegsBalance {...legs} result={null} />);
    expect(screen.queryByText(/What remains/)).toBeNull();
  });
});

describe("price axis", () => {
  const walls = { longLiquidation: "151.28", longDefence: "177.98", mark: "218.92", shortDefence: "290.21", shortLiquidation: "333.74" };
  it("states both liquidation prices with their distance from the mark", () => {
    render(<PriceAxis walls={walls} />);
    const words = screen.getByRole("img").getAttribute("aria-label");
    expect(words).toContain("Long liquidated at $151.28, \u221230.9%");
    expect(words).toContain("short liquidated at $333.74, +52.4%");
    expect(words).toContain("Defence lines at $177.98 and $290.21");
  });
  it("shows a price no venue has stated as no data", () => {
    const { container } = render(<PriceAxis walls={{ ...walls, longLiquidation: null, longDefence: null }} />);
    expect(screen.getByText("no data")).toBeInTheDocument();
    expect(container.querySelectorAll('rect[fill="var(--dangerg)"]')).toHaveLength(1);
  });
});

describe("break-even clock", () => {
  it("dashes estimates and fills with income", () => {
    const costs = [{ name: "open", value: "3.78" }, { name: "close", value: "1.80", isEstimate: true }];
    const { container, rerender } = render(<BreakEvenDial costs={costs} earned="0" big="11" small="days" />);
    expect(container.querySelectorAll("path[stroke-dasharray]")).toHaveLength(1);
    expect(container.querySelector('path[stroke="var(--funding)"]')).toBeNull();
    rerender(<BreakEvenDial costs={costs} earned="99" big="3.8×" small="earned back" />);
    expect(container.querySelector('path[stroke="var(--funding)"]')).not.toBeNull();
  });
});

describe("bars", () => {
  it("are cut off only when a peak would flatten the rest", () => {
    expect(cutAt([0.1, 0.11, 0.12, 0.1])).toBeNull();
    expect(cutAt([0.1, 0.1, 0.1, 3])).toBeCloseTo(0.6);
    expect(cutAt([])).toBeNull();
  });
});
