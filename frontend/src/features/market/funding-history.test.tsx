import { fireEvent, screen } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { NOW } from "../../testing/fixtures";
import { errorBody } from "../../testing/handlers";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import type { ChartLine } from "../../ui/charts/chart-lines";
import { drawn, rangeOf } from "../../ui/charts/chart-lines";
import { bars } from "./funding-bars";
import { FundingHistory } from "./funding-history";

serveApi();
const hour = (back: number, income_apr: string) => ({
  hour: new Date(Math.floor(new Date(NOW).getTime() / 3_600_000) * 3_600_000 - back * 3_600_000).toISOString(),
  income_apr,
  income_hourly: "0",
});
const line = (value: number, side: ChartLine["side"] = "above"): ChartLine => ({ value, label: `at ${value}`, side });
const known = (hours: ReturnType<typeof hour>[], missing = 0) =>
  server.use(http.get("*/api/v1/rates/funding", () => HttpResponse.json({ hours, missing })));

describe("the bars of what the short earned", () => {
  it("are means of the hours they stand for, and keep their place when hours are missing", () => {
    const hours = [...Array.from({ length: 400 }, (_, index) => hour(999 - index, index % 2 ? "0.1" : "0.3")), hour(0, "-0.2")];
    const { points, hoursABar } = bars({ hours, missing: 599 });
    expect(hoursABar).toBe(5);
    expect(points[1]?.value).toBeCloseTo(0.18);
    expect(points.at(-1)?.value).toBe(-0.2);
    expect(points.at(-1)?.at).toBe((points[0]?.at ?? 0) + 199 * 5 * 3_600_000);
    expect(points).toHaveLength(81);
  });
  it("are read out hour by hour with the arrow keys, what is paid as paid", async () => {
    known([hour(1, "0.1095"), hour(0, "-0.026")], 1);
    show(<FundingHistory lines={[]} />);
    const chart = await screen.findByRole("img", { name: /\+4\.18% a year on average over 3 hours\. 1 hour is missing\./ });
    fireEvent.keyDown(chart, { key: "ArrowLeft" });
    expect(screen.getByText(/: the short paid 2\.60% a year$/)).toBeInTheDocument();
    fireEvent.keyDown(chart, { key: "ArrowLeft" });
    expect(screen.getByText(/: the short earned 10\.95% a year$/)).toBeInTheDocument();
  });
  it("give way to what failed, with what it means", async () => {
    server.use(http.get("*/api/v1/rates/funding", () => HttpResponse.json(errorBody("GEN-0002", "Internal error", 500), { status: 500 })));
    show(<FundingHistory lines={[line(0.1)]} />);
    expect(await screen.findByText(/only the history cannot be shown/)).toBeInTheDocument();
  });
});

describe("lines across the bars", () => {
  it("stay inside the drawing with room for their names", () => {
    const [low, high] = rangeOf([0.1, 0.12], [line(0.15), line(0, "below")]);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0.165);
    expect(rangeOf([0.1], [])[1]).toBeCloseTo(0.108);
  });
  it("are told instead of drawn where they would press the bars flat", async () => {
    expect(drawn([line(0.4), line(-10.95, "below")], [0.1], null)).toEqual({ inside: [line(0.4)], outside: [line(-10.95, "below")] });
    known([hour(0, "0.1")]);
    show(<FundingHistory lines={[{ value: -10.95, label: "leave below \u22121,095.00%", side: "below" }]} />);
    expect(await screen.findByText(/Too far down to be drawn: leave below \u22121,095\.00%\./)).toBeInTheDocument();
  });
});
