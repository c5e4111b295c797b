import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { errorBody } from "../../testing/handlers";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { MovesControls } from "./moves-section";

serveApi();

describe("leave to use free money", () => {
  it("is not given until it is chosen, and is sent with both caps", async () => {
    let sent: unknown;
    server.use(
      http.put("*/api/v1/settings/moves", async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ is_given: true, per_move_usd: "250", per_day_usd: "1000", most_usd: "25000", changed_at: "2025-09-19T12:00:00Z", may_cross: false, can_cross: false });
      }),
    );
    show(<MovesControls />);
    expect(await screen.findByText(/Free USDC stays where it is/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("checkbox"));
    const cap = screen.getByLabelText("At most at once");
    await userEvent.clear(cap);
    await userEvent.type(cap, "250");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText(/up to \$250\.00 at once and \$1,000\.00 a day/)).toBeInTheDocument();
    expect(sent).toEqual({ is_given: true, per_move_usd: "250", per_day_usd: "1000", may_cross: false });
  });
  it("offers the way between the chains only where there is one", async () => {
    let sent: unknown;
    const known = { is_given: true, per_move_usd: "250", per_day_usd: "1000", most_usd: "25000", changed_at: null, may_cross: false, can_cross: true };
    server.use(
      http.get("*/api/v1/settings/moves", () => HttpResponse.json(known)),
      http.put("*/api/v1/settings/moves", async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ ...known, may_cross: true });
      }),
    );
    show(<MovesControls />);
    await userEvent.click(await screen.findByLabelText(/carry what one leg can spare/));
    expect(screen.getByText(/over Circle’s protocol/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toMatchObject({ may_cross: true }));
  });
  it("says what a refusal means and keeps what was there", async () => {
    server.use(http.put("*/api/v1/settings/moves", () => HttpResponse.json(errorBody("VAL-0006", "a day's cap is too high", 422), { status: 422 })));
    show(<MovesControls />);
    await userEvent.click(await screen.findByRole("button", { name: "Save" }));
    expect(await screen.findByText(/VAL-0006/)).toBeInTheDocument();
    expect(screen.getByText(/Free USDC stays where it is/)).toBeInTheDocument();
  });
});
