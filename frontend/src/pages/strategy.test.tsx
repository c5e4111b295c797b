import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { StrategyResponse } from "../api/schema.gen";
import { funding } from "../testing/fixtures";
import { presets, strategy, wish } from "../testing/fixtures-strategy";
import { errorBody } from "../testing/handlers";
import { show } from "../testing/render";
import { serveApi, server } from "../testing/server";
import { StrategyPage } from "./strategy";

serveApi();
const under = (value: StrategyResponse) => server.use(http.get("*/api/v1/strategy", () => HttpResponse.json(value)));
const field = (name: RegExp) => screen.findByLabelText(name);

/** 90 days of hours that repeat these rates. */
const earned = (rates: string[]) =>
  server.use(
    http.get("*/api/v1/rates/funding", () =>
      HttpResponse.json({ ...funding(2160), hours: funding(2160).hours.map((hour, index) => ({ ...hour, income_apr: rates[index % rates.length] ?? "0" })) }),
    ),
  );

function saving(answer: (body: Record<string, unknown>) => Response) {
  const sent: Record<string, unknown>[] = [];
  server.use(
    http.put("*/api/v1/strategy", async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      sent.push(body);
      return answer(body);
    }),
  );
  return sent;
}

describe("the strategy page", () => {
  it("says in a sentence what is done now, and why not yet", async () => {
    show(<StrategyPage />);
    expect(await screen.findByRole("heading", { name: "Waiting for the market." })).toBeInTheDocument();
    const [first] = screen.getAllByRole("listitem");
    expect(first).toHaveTextContent(/The short earned over a day.*4\.10%.*at least 5\.48% a year/);
    expect(screen.getByText(/Now 10.95%, next hour 10.95%, over a day 4.10%/)).toBeInTheDocument();
  });
  it("names a pause with its reason", async () => {
    const paused = strategy();
    under({ ...paused, status: { ...paused.status, state: "paused", label: "Paused (Opening was paused for safety: drawdown_limit)" } });
    show(<StrategyPage />);
    expect(await screen.findByRole("heading", { name: /^Paused \(Opening was paused for safety: drawdown_limit\)$/ })).toBeInTheDocument();
  });
  it("shows in amber what a system limit takes away", async () => {
    show(<StrategyPage />);
    const [told] = await screen.findAllByText(/Above 2.7x Kamino leaves less than 20%/);
    expect(told).toHaveClass("text-caution");
  });
  it("sends only what was changed, in the API's units, with the version", async () => {
    const sent = saving(() => HttpResponse.json(strategy({ version: 8, config: wish({ max_position_pct: "0.5", take_profit_pct: "20" }) })));
    show(<StrategyPage />);
    const save = await screen.findByRole("button", { name: "Save changes" });
    expect(save).toBeDisabled();
    await userEvent.clear(await field(/Most of my money/));
    await userEvent.type(await field(/Most of my money/), "50");
    await userEvent.type(await field(/Leave at gain/), "20");
    await userEvent.click(screen.getByRole("button", { name: "Save 2 changes" }));
    expect(await screen.findByText(/version 8/)).toBeInTheDocument();
    expect(sent).toEqual([{ max_position_pct: "0.5", take_profit_pct: "20", version: 7 }]);
    expect(screen.getByRole("button", { name: "Save changes" })).toBeDisabled();
  });
  it("clears a gain with an empty field", async () => {
    under(strategy({ config: wish({ take_profit_pct: "30" }) }));
    const sent = saving(() => HttpResponse.json(strategy({ version: 8 })));
    show(<StrategyPage />);
    await userEvent.clear(await field(/Leave at gain/));
    await userEvent.click(screen.getByRole("button", { name: "Save 1 change" }));
    await screen.findByText(/version 8/);
    expect(sent).toEqual([{ take_profit_pct: null, version: 7 }]);
  });
  it("does not send what cannot be read", async () => {
    show(<StrategyPage />);
    await userEvent.clear(await field(/Minutes to wait/));
    await userEvent.type(await field(/Minutes to wait/), "2.5");
    expect(screen.getByRole("alert")).toHaveTextContent("This is not a number we can read.");
    expect(screen.getByRole("button", { name: /^Save/ })).toBeDisabled();
  });
  it("does not send what the server's own bounds rule out, told in the units of the sentence", async () => {
    const bounds = [{ field: "min_funding_rate_8hr", least: "0", most: "0.01" }, { field: "max_position_pct", least: "0.01", most: "1" }];
    const sent = saving(() => HttpResponse.json(strategy()));
    under(strategy({ bounds }));
    show(<StrategyPage />);
    await userEvent.clear(await field(/Least the short must earn/));
    await userEvent.type(await field(/Least the short must earn/), "1096");
    expect(screen.getByRole("alert")).toHaveTextContent("Between 0 and 1,095.");
    expect(screen.getByRole("button", { name: "Save 1 change" })).toBeDisabled();
    await userEvent.clear(await field(/Least the short must earn/));
    await userEvent.type(await field(/Least the short must earn/), "1095");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByRole("button", { name: "Save 1 change" })).toBeEnabled();
    expect(sent).toEqual([]);
  });
  it("tells the server's figures with a real minus, and says the same figure once", async () => {
    const known = strategy();
    under({ ...known, status: { ...known.status, reason: "The short earned over a day: -4.10%, at least 5.48% a year.", criteria: known.status.criteria.map((one) => (one.key === "short_earns_day" ? { ...one, figure: "-4.10%" } : one)) } });
    show(<StrategyPage />);
    expect(await screen.findByText(/over a day: \u22124\.10%, at least/)).toBeInTheDocument();
    expect(screen.getByText(/^\u22124\.10%/)).toHaveTextContent("\u22124.10% (at least 5.48% a year)");
    expect(screen.queryByText(/not paused \(not paused\)/)).toBeNull();
  });
  it("puts a refusal beside its field", async () => {
    const refusal = errorBody("VAL-0020", "stop_loss_pct must be between 1 and 100.", 422);
    saving(() => HttpResponse.json({ ...refusal, error: { ...refusal.error, details: { field: "stop_loss_pct" } } }, { status: 422 }));
    show(<StrategyPage />);
    await userEvent.clear(await field(/Stop at loss/));
    await userEvent.type(await field(/Stop at loss/), "0");
    await userEvent.click(screen.getByRole("button", { name: "Save 1 change" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("stop_loss_pct must be between 1 and 100.");
    expect(await field(/Stop at loss/)).toHaveAttribute("aria-invalid", "true");
  });
  it("explains that somebody else has saved, and keeps what was typed until told otherwise", async () => {
    const elsewhere = strategy({ version: 8, config: wish({ cooldown_minutes: 60 }) });
    saving((body) => {
      under(elsewhere);
      return body["version"] === 8
        ? HttpResponse.json(strategy({ version: 9, config: wish({ cooldown_minutes: 60, stop_loss_pct: "5" }) }))
        : HttpResponse.json(errorBody("VAL-0021", "The strategy was changed elsewhere in between: load it again.", 409), { status: 409 });
    });
    show(<StrategyPage />);
    await userEvent.clear(await field(/Stop at loss/));
    await userEvent.type(await field(/Stop at loss/), "5");
    await userEvent.click(screen.getByRole("button", { name: "Save 1 change" }));
    expect(await screen.findByText("These rules were changed elsewhere in between.")).toBeInTheDocument();
    expect(await field(/Stop at loss/)).toHaveValue("5");
    await userEvent.click(screen.getByRole("button", { name: "Take what is saved" }));
    expect(await field(/Stop at loss/)).toHaveValue("10");
    expect(await field(/Minutes to wait/)).toHaveValue("60");
  });
  it("fills the sentences from a preset and saves nothing by that", async () => {
    const sent = saving(() => HttpResponse.json(strategy()));
    show(<StrategyPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Conservative" }));
    expect(await field(/Most leverage/)).toHaveValue("2");
    expect(await field(/Least net, percent/)).toHaveValue("15");
    expect(sent).toEqual([]);
    expect(screen.getByText(/the bot follows the rules as they were/)).toBeInTheDocument();
  });
  it("keeps rules under a name in the first free place", async () => {
    server.use(http.get("*/api/v1/strategy/presets", () => HttpResponse.json(presets({ name: "Mine", slot: 1, config: wish() }))));
    let kept: unknown = null;
    server.use(
      http.put("*/api/v1/strategy/presets/:slot", async ({ request, params }) => {
        kept = { slot: params["slot"], ...((await request.json()) as object) };
        return HttpResponse.json({ name: "Calm", slot: 2, config: wish() });
      }),
    );
    show(<StrategyPage />);
    await userEvent.type(await field(/Keep these rules/), "Calm");
    await userEvent.click(screen.getByRole("button", { name: "Keep" }));
    await expect.poll(() => kept).toEqual({ slot: "2", name: "Calm" });
  });
  it("starts and stops, and says what stopping leaves alone", async () => {
    server.use(http.post("*/api/v1/strategy/disable", () => HttpResponse.json(strategy({ version: 8, enabled_at: null, config: wish({ enabled: false }), status: { ...strategy().status, state: "off", label: "Off", reason: "It opens nothing by itself." } }))));
    show(<StrategyPage />);
    expect(await screen.findByText(/what it has opened it still watches/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Stop strategy" }));
    expect(await screen.findByRole("heading", { name: "Off." })).toBeInTheDocument();
    expect(within(document.body).queryByText("These rules were changed elsewhere in between.")).toBeNull();
    expect(screen.getByRole("button", { name: "Start strategy" })).toBeInTheDocument();
  });
  it("holds the last 90 days against both saved lines, in a sentence and in the drawing", async () => {
    under(strategy({ config: wish({ min_funding_rate_8hr: "0.0001", exit_funding_rate_8hr: "-0.00005" }) }));
    // Of four hours one is exactly on the line for entering, one above it, one below the line for leaving.
    earned(["0.1095", "0.2", "0.05", "-0.06"]);
    show(<StrategyPage />);
    expect(
      await screen.findByText(
        "In 50% of the hours of the last 90 days the short earned 10.95% a year or more, your line for entering. " +
          "In 25% it paid more than 5.48% a year, which is below your line for leaving.",
      ),
    ).toBeInTheDocument();
    const words = screen.getByRole("img", { name: /What the short earned/ }).getAttribute("aria-label");
    expect(words).toContain("+7.49% a year on average over 90 days");
    expect(words).toContain("Line: enter at 10.95%. Line: leave below \u22125.48%.");
  });
  it("says how often a typed line was reached, before it is saved", async () => {
    earned(["0.1095", "0.2", "0.05", "-0.06"]);
    show(<StrategyPage />);
    const line = await field(/Least the short must earn/);
    await userEvent.clear(line);
    await userEvent.type(line, "15");
    expect(await screen.findByText(/An hour of 15\.00% or more was 25% of the last 90 days\./)).toBeInTheDocument();
  });
  it("says no data where no hour is known, never a zero", async () => {
    server.use(http.get("*/api/v1/rates/funding", () => HttpResponse.json({ hours: [], missing: 0 })));
    show(<StrategyPage />);
    const section = (await screen.findByRole("heading", { name: "The last 90 days" })).closest("section") as HTMLElement;
    expect(await within(section).findByText("no data")).toBeInTheDocument();
    expect(within(section).queryByText(/0%/)).toBeNull();
  });
});
