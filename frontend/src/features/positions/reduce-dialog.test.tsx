import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { position } from "../../testing/fixtures";
import { job } from "../../testing/fixtures-trading";
import { errorBody } from "../../testing/handlers";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { ReduceDialog } from "./reduce-dialog";

serveApi();
const open = (change = {}) => show(<ReduceDialog position={position(change)} open onOpenChange={vi.fn()} />);

describe("reducing a position", () => {
  it("says what goes of both legs, what it costs and what comes free, before anything is sent", async () => {
    open();
    const dialog = await screen.findByRole("dialog", { name: "Reduce jitoSOL on Kamino" });
    await userEvent.click(within(dialog).getByRole("radio", { name: "50%" }));
    expect(await within(dialog).findByRole("button", { name: "Reduce for about $6,286.70" })).toBeEnabled();
    expect(dialog).toHaveTextContent("Bought back on Hyperliquid, about28.44 SOL");
    expect(dialog).toHaveTextContent("Sold on Solana, about23.0960 jitoSOL");
    expect(dialog).toHaveTextContent("\u2212$2.68");
  });
  it("sends a fraction in whole percent, and no other", async () => {
    const sent: unknown[] = [];
    server.use(
      http.post("*/api/v1/positions/pos_2/reduce", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json({ job_id: "job_r", position_id: "pos_2" }, { status: 202 });
      }),
      http.get("*/api/v1/positions/jobs/job_r", () => HttpResponse.json(job({ kind: "reduce", status: "completed", steps: [] }))),
    );
    open();
    const field = await screen.findByLabelText("How much goes");
    for (const wrong of ["0", "100", "12.5", "-5", "x"]) {
      await userEvent.clear(field);
      await userEvent.type(field, wrong);
      expect(screen.getByRole("button", { name: "A part is needed" })).toBeDisabled();
    }
    await userEvent.clear(field);
    await userEvent.type(field, "7");
    await userEvent.click(await screen.findByRole("button", { name: /^Reduce for about/ }));
    expect(await screen.findByText(/Both legs are smaller by the same part/)).toBeInTheDocument();
    expect(sent).toEqual([{ fraction: "0.07" }]);
  });
  it("says why not where the lender sells no parts", async () => {
    open({ protocol: 0, protocol_name: "Marginfi" });
    expect(await screen.findByText(/Through Marginfi no part of a position can be sold/)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /^Reduce/ })).toBeNull();
  });
  it("says that nothing was sold when it is refused, and lets one look again", async () => {
    const words = "what goes and what stays must be $12 of the short at least";
    server.use(http.post("*/api/v1/positions/pos_2/reduce", () => HttpResponse.json(errorBody("VAL-0005", words, 422), { status: 422 })));
    open();
    await userEvent.click(await screen.findByRole("button", { name: /^Reduce for about/ }));
    expect(await screen.findByRole("alert")).toHaveTextContent(`${words}. Nothing was sold; the position is as it was.`);
    await userEvent.click(screen.getByRole("button", { name: "Look again" }));
    expect(await screen.findByRole("button", { name: /^Reduce for about/ })).toBeEnabled();
  });
});
