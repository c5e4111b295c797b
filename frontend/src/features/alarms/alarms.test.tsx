import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { AlarmEntry } from "../../api/schema.gen";
import { errorBody } from "../../testing/handlers";
import { alarm, pastAlarm, playbook, stuckAlarm } from "../../testing/fixtures-oversight";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { AlarmStrip } from "./alarm-strip";
import { AlarmsSection } from "./alarms-section";
import { atRisk, nextAt, serverNow, unheeded, whatNext, worstFirst } from "./words";

serveApi();
const tell = (...alarms: AlarmEntry[]) => server.use(http.get("*/api/v1/alarms", () => HttpResponse.json({ alarms })));

describe("what an alarm says", () => {
  const at = Date.parse("2026-11-21T16:00:00Z");
  const due = (seconds: number) => alarm({ acts_at: new Date(at + seconds * 1000).toISOString() });
  it("counts down to what the bot will do, says when it does it, and when it is late", () => {
    expect(whatNext(due(432), at)).toBe("In 7:12 we do this by ourselves: close it, reduce-only, and book what it brings.");
    expect(whatNext(due(3_905), at)).toContain("In 1:05:05 we");
    expect(whatNext(due(-5), at)).toBe("Now being done: close it, reduce-only, and book what it brings.");
    expect(whatNext(due(-240), at)).toContain("Due for 4 min, not finished yet; being done");
  });
  it("says what to do when nothing is done by itself", () => {
    expect(whatNext(stuckAlarm(), at)).toBe("Nothing more is done by itself: close the position again.");
    expect(whatNext(stuckAlarm({ kind: "something_new" }), at)).toBe("The operators see it too.");
    expect(nextAt(stuckAlarm())).toContain("close the position again");
  });
  it("names what is at risk, and never a zero for what is not known", () => {
    expect(atRisk(alarm())).toBe("$437.84, 2.00 SOL short");
    expect(atRisk(stuckAlarm())).toBe("$12,466.92, 56.95 SOL long");
    expect(atRisk(alarm({ exposure_usd: null }))).toBe("2.00 SOL short, value not known yet");
    expect(atRisk(alarm({ exposure_usd: null, exposure_sol: null }))).toBe("not known yet");
  });
  it("counts by the server's clock, not by this machine's", () => {
    const early = alarm({ raised_at: "2026-11-21T16:00:00Z", age_seconds: 60 });
    expect(serverNow(early, 5_000, 8_000)).toBe(Date.parse("2026-11-21T16:01:03Z"));
  });
  it("puts the worst first, of the same kind the larger; what is over or seen does not call", () => {
    const small = alarm({ id: "small", exposure_usd: "-10" });
    const sorted = worstFirst([small, pastAlarm(), alarm(), stuckAlarm()]);
    expect(sorted.map((one) => one.id)).toEqual(["alarm_2", "alarm_1", "small"]);
    expect(unheeded([stuckAlarm({ acknowledged_at: "2026-11-21T16:00:00Z" }), pastAlarm()])).toEqual([]);
  });
});

describe("the strip above every page", () => {
  it("is not there while nothing is wrong", async () => {
    const { container, cache } = show(<AlarmStrip />);
    await expect.poll(() => cache.getQueryData(["alarms"])).toBeDefined();
    expect(container).toBeEmptyDOMElement();
  });
  it("tells the worst one, how many more there are, and leads to them", async () => {
    tell(alarm(), stuckAlarm());
    show(<AlarmStrip />);
    expect(await screen.findByRole("alert")).toHaveTextContent("A position could not be closed. At risk: $12,466.92, 56.95 SOL long.");
    expect(screen.getByRole("link", { name: "See it and 1 more" })).toHaveAttribute("href", "/#alarms");
  });
  it("leads to the position when it is the only one", async () => {
    tell(stuckAlarm());
    show(<AlarmStrip />);
    expect(await screen.findByRole("link", { name: "See it" })).toHaveAttribute("href", "/positions/pos_2");
  });
  it("does not pass silence off as calm", async () => {
    server.use(http.get("*/api/v1/alarms", () => HttpResponse.json(errorBody("GEN-0002", "Internal error", 500), { status: 500 })));
    show(<AlarmStrip />);
    expect(await screen.findByText(/Whether anything is wrong is not known/)).toBeInTheDocument();
  });
});

describe("the alarms on the overview", () => {
  it("says that nothing needs anybody", async () => {
    show(<AlarmsSection />);
    expect(await screen.findByText(/Nothing needs you/)).toBeInTheDocument();
    expect(screen.getByText("none open")).toBeInTheDocument();
  });
  it("tells each with its risk, its tries and its next step, and folds what is over", async () => {
    tell(alarm(), stuckAlarm(), pastAlarm());
    show(<AlarmsSection />);
    const [first, second] = within(await screen.findByRole("list", { name: "Open alarms" })).getAllByRole("listitem");
    expect(first).toHaveTextContent("Tried: Short being bought back once; Long being sold on Solana 3 times, last: slippage above 0.5%.");
    expect(first).toHaveTextContent("stuck_unwind");
    expect(second).toHaveTextContent(/In 7:1\d we do this by ourselves/);
    expect(within(second as HTMLElement).queryByRole("link")).toBeNull();
    expect(screen.getByText("1 alarm that is over").closest("details")).not.toHaveAttribute("open");
  });
  it("keeps the row when it is acknowledged, and says so", async () => {
    let seen = false;
    server.use(
      http.get("*/api/v1/alarms", () => HttpResponse.json({ alarms: [alarm(seen ? { acknowledged_at: "2026-11-21T16:00:00Z" } : {})] })),
      http.post("*/api/v1/alarms/alarm_1/acknowledge", () => {
        seen = true;
        return HttpResponse.json(alarm());
      }),
    );
    show(
      <>
        <AlarmStrip />
        <AlarmsSection />
      </>,
    );
    await userEvent.click(await screen.findByRole("button", { name: "Acknowledge" }));
    expect(await screen.findByText(/^Acknowledged \d+ Nov/)).toBeInTheDocument();
    expect(screen.queryByRole("complementary")).toBeNull();
    expect(screen.getByRole("list", { name: "Open alarms" })).toBeInTheDocument();
  });
  it("says what an error means", async () => {
    server.use(http.get("*/api/v1/alarms", () => HttpResponse.json(errorBody("NET-0003", "The database does not answer", 503), { status: 503 })));
    show(<AlarmsSection />);
    expect(await screen.findByText(/Positions are watched all the same/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Ask again" })).toBeInTheDocument();
  });
});

describe("what has failed outside", () => {
  const fail = (...playbooks: ReturnType<typeof playbook>[]) =>
    server.use(http.get("*/api/v1/playbooks", () => HttpResponse.json({ playbooks })));
  it("says since when, what is done, what is not possible and what it may cost", async () => {
    fail(playbook(), playbook({ name: "lst_depeg", title: "A staking token", is_active: false, since: null, age_seconds: null }));
    show(<AlarmsSection />);
    const lines = await screen.findByRole("list", { name: "What has failed outside" });
    expect(within(lines).getAllByRole("listitem")).toHaveLength(1);
    expect(lines).toHaveTextContent("Solana stands still for 4 min");
    expect(lines).toHaveTextContent("The hedge is held");
    expect(lines).toHaveTextContent("Not possible now: Opening positions.");
    expect(lines).toHaveTextContent("at most $31.42");
  });
  it("never shows a zero for a maximum that is not known", async () => {
    fail(playbook({ loss_max_usd: null, remains: ["pos_2: leaving"] }));
    show(<AlarmsSection />);
    const lines = await screen.findByRole("list", { name: "What has failed outside" });
    expect(lines).toHaveTextContent("an amount that is not known yet");
    expect(lines).toHaveTextContent("1 position of yours is between two states");
  });
});
