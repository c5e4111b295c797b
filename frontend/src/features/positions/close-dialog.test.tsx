import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { position } from "../../testing/fixtures";
import { job } from "../../testing/fixtures-trading";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { CloseDialog } from "./close-dialog";

serveApi();

describe("closing a position", () => {
  it("sums up what comes back before anything is sent, and carries it on the button", async () => {
    show(<CloseDialog position={position()} open onOpenChange={vi.fn()} />);
    const dialog = await screen.findByRole("dialog", { name: "Close jitoSOL on Kamino?" });
    expect(await within(dialog).findByRole("button", { name: "Close for about $12,573.41" })).toBeEnabled();
    expect(dialog).toHaveTextContent("\u2212$5.36");
    expect(dialog).toHaveTextContent("cannot be taken back");
  });
  it("can be closed when the amount is not known, and says so", async () => {
    show(<CloseDialog position={position({ equity_usd: null, result: null })} open onOpenChange={vi.fn()} />);
    expect(await screen.findByRole("button", { name: "Close, amount not known" })).toBeEnabled();
  });
  it("shows the steps and does not go away while they run", async () => {
    const onOpenChange = vi.fn();
    const person = userEvent.setup();
    server.use(
      http.get("*/api/v1/positions/jobs/:id", () =>
        HttpResponse.json(
          job({ kind: "close", status: "completed", steps: [{ name: "close_short", title: "Short bought back", status: "done", attempt: 1, seconds: "0.8", detail: null }] }),
        ),
      ),
    );
    show(<CloseDialog position={position()} open onOpenChange={onOpenChange} />);
    await person.click(await screen.findByRole("button", { name: /^Close for about/ }));
    expect(await screen.findByText("Short bought back")).toBeInTheDocument();
    expect(await screen.findByText(/Both legs are closed/)).toBeInTheDocument();
  });
});
