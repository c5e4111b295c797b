import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { PauseEntry } from "../../api/schema.gen";
import { control, pause } from "../../testing/fixtures-oversight";
import { errorBody } from "../../testing/handlers";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { PauseNotice } from "./pause-notice";
import { PauseControls } from "./pause-section";

serveApi();
const under = (...pauses: PauseEntry[]) => server.use(http.get("*/api/v1/control", () => HttpResponse.json(control(...pauses))));
const operator = pause({ by: "operator", is_for_everybody: true, reason: "venue under maintenance", can_lift: false });

describe("pausing", () => {
  it("sends the reason and shows who has paused since when", async () => {
    show(<PauseControls />);
    expect(await screen.findByText("Opening is allowed.")).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText(/Why, for whoever/), "moving house");
    await userEvent.click(screen.getByRole("button", { name: "Pause opening" }));
    const row = await screen.findByRole("listitem");
    expect(row).toHaveTextContent(/^You, since \d+ Nov \d\d:\d\d: moving house/);
    expect(screen.getByText(/Closing always works/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Resume opening" }));
    expect(await screen.findByText("Opening is allowed.")).toBeInTheDocument();
  });
  it("sends a reason of its own when none was given", async () => {
    let sent = "";
    server.use(
      http.post("*/api/v1/control/pause", async ({ request }) => {
        sent = ((await request.json()) as { reason: string }).reason;
        return HttpResponse.json(control(pause({ reason: sent })));
      }),
    );
    show(<PauseControls />);
    await userEvent.click(await screen.findByRole("button", { name: "Pause opening" }));
    await screen.findByRole("button", { name: "Resume opening" });
    expect(sent).toBe("Paused from the dashboard");
  });
  it("offers no end to a pause that is not the person's, and says whose it is", async () => {
    under(operator, pause({ by: "system", can_lift: false, reason: "three losses in a row" }));
    show(<PauseControls />);
    const rows = within(await screen.findByRole("list", { name: "Pauses" })).getAllByRole("listitem");
    expect(rows[0]).toHaveTextContent("The operator, for everybody");
    expect(rows[0]).toHaveTextContent("Only the operator can end it.");
    expect(rows[1]).toHaveTextContent("A safety rule");
    expect(screen.queryByRole("button", { name: "Resume opening" })).toBeNull();
  });
  it("names an emergency stop as one", async () => {
    under(pause({ details: { closes: "everything" } }));
    show(<PauseControls />);
    expect(await screen.findByText(/what opens meanwhile is closed too/)).toBeInTheDocument();
  });
  it("says what a refusal means", async () => {
    under(pause());
    server.use(http.post("*/api/v1/control/resume", () => HttpResponse.json(errorBody("AUT-0002", "It is not yours to end", 403), { status: 403 })));
    show(<PauseControls />);
    await userEvent.click(await screen.findByRole("button", { name: "Resume opening" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("It is not yours to end. Opening stays paused.");
  });
  it("says that closing works when what is allowed is not known", async () => {
    server.use(http.get("*/api/v1/control", () => HttpResponse.json(errorBody("NET-0003", "The database does not answer", 503), { status: 503 })));
    show(<PauseControls />);
    expect(await screen.findByText(/closing works in any case/)).toBeInTheDocument();
  });
});

describe("above the open form", () => {
  it("is nothing while opening is allowed", async () => {
    const { container, cache } = show(<PauseNotice />);
    await expect.poll(() => cache.getQueryData(["control"])).toBeDefined();
    expect(container).toBeEmptyDOMElement();
  });
  it("is the reason, what it means, and who can end it", async () => {
    under(operator);
    show(<PauseNotice />);
    const notice = await screen.findByRole("status");
    expect(notice).toHaveTextContent("The operator has paused opening: venue under maintenance. Nothing can be opened until it is resumed; what is open stays defended and can be closed. Only the operator can end it.");
    expect(within(notice).getByRole("link", { name: "See the pause" })).toHaveAttribute("href", "/settings#trading");
  });
});
