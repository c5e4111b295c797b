import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyHandlers, signedOut, troubledHandlers } from "../testing/handlers";
import { showRoutes } from "../testing/render";
import { serveApi, server } from "../testing/server";
import { routes } from "./router";

serveApi();

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static latest: FakeSource;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    super();
    FakeSource.latest = this;
  }
  close() {}
}
beforeEach(() => {
  vi.stubGlobal("EventSource", FakeSource);
  HTMLCanvasElement.prototype.getContext = (() => null) as never;
});
afterEach(() => vi.unstubAllGlobals());
const open = (at: string) => showRoutes(routes, { at });

describe("the dashboard", () => {
  it("leads somebody who is not signed in to the sign-in page", async () => {
    server.use(signedOut);
    const { router } = open("/wallet");
    expect(await screen.findByRole("button", { name: "Connect" })).toBeInTheDocument();
    expect(router.state.location.pathname).toBe("/sign-in");
  });
  it("opens with the verdict and shows the mode and the replay", async () => {
    open("/");
    expect(await screen.findByRole("heading", { level: 1, name: /It pays to be in/ })).toBeInTheDocument();
    expect(screen.getByTitle("Simulated venues, no real money")).toHaveTextContent("PAPER");
    expect(screen.getByText("replay of 2025")).toBeInTheDocument();
    expect((await screen.findAllByText("\u221230.9%")).length).toBeGreaterThan(0);
  });
  it("turns amber when the event stream stops and recovers with it", async () => {
    open("/settings");
    await screen.findByRole("heading", { name: "Settings" });
    expect(screen.queryByText(/Live feed lost/)).toBeNull();
    act(() => FakeSource.latest.onerror?.());
    expect(screen.getAllByText(/Live feed lost/)[0]).toHaveClass("text-caution");
    act(() => FakeSource.latest.onopen?.());
    expect(screen.queryByText(/Live feed lost/)).toBeNull();
  });
  it("leads an empty account to its deposit, and opens the dialog right after signing in", async () => {
    server.use(...emptyHandlers);
    open("/?deposit=check");
    expect(await screen.findByRole("dialog", { name: "Deposit" })).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Go to the dashboard" }));
    expect(await screen.findByRole("heading", { name: "Three steps to your first position" })).toBeInTheDocument();
  });
  it("does not press a deposit on somebody who has money", async () => {
    const { router } = open("/?deposit=check");
    await screen.findByRole("heading", { level: 1, name: /It pays/ });
    await vi.waitFor(() => expect(router.state.location.search).toBe(""));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  it("shows trouble as trouble: no zero for a silent venue, no result with a part missing", async () => {
    server.use(...troubledHandlers);
    open("/");
    expect(await screen.findByText(/What it earns at present is not known/)).toBeInTheDocument();
    expect((await screen.findAllByText("No answer from hyperliquid", { exact: false })).length).toBeGreaterThan(0);
    expect(screen.getByText("SOL at $151.28 would liquidate the long")).toBeInTheDocument();
    await vi.waitFor(() => expect(document.querySelector("dd [aria-busy]")).toBeNull());
    expect(screen.getByText("What remains is not shown while a part of it is unknown.")).toBeInTheDocument();
  });
  it.each([
    ["/", "Why: jitoSOL long, SOL-PERP short", /14\.6% a year is left/],
    ["/intents", "Why: $1,200.00 at 2.0x in jitoSOL", /The short earns, now: 10\.95%/],
    ["/strategy", "Why: your strategy", /The short earned over a day: 4\.10%/],
  ])("leads from %s to why it was decided so", async (at, name, reason) => {
    open(at);
    const [link] = await screen.findAllByRole("button", { name });
    await userEvent.click(link as HTMLElement);
    expect(await within(await screen.findByRole("dialog", { name })).findByRole("article", { name: reason })).toBeInTheDocument();
  });
  it("shows one position with both legs, its parts and its steps", async () => {
    open("/positions/pos_2");
    expect(await screen.findByRole("heading", { level: 1, name: "jitoSOL long, SOL-PERP short" })).toBeInTheDocument();
    expect(screen.getByText("46.1920 jitoSOL")).toBeInTheDocument();
    const steps = await screen.findByRole("list", { name: "Timeline" });
    await within(steps).findByText(/Decided: make smaller/);
    const [first, second] = within(steps).getAllByRole("listitem");
    expect(first).toHaveTextContent("SOL came within 14.7 % of the short's liquidation");
    expect(second).toHaveTextContent("Both legs match");
    expect(within(steps).getByText(/HLQ-0005/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Close position" })).toBeInTheDocument();
  });
  it("shows ended positions with the six-way split", async () => {
    open("/history");
    const table = await screen.findByRole("table", { name: "Ended positions" });
    const cells = within(within(table).getAllByRole("row")[1] as HTMLElement).getAllByRole("cell");
    expect(cells.slice(3).map((cell) => cell.textContent?.split("plus")[0]?.split("minus")[0])).toEqual([
      "+$186.83", "+$64.38", "+$0.93", "\u2212$32.13", "\u2212$41.51", "\u2212$1.09", "+$177.41",
    ]);
  });
  it("signs out everywhere", async () => {
    let isOut = false;
    server.use(http.post("*/api/v1/auth/logout", () => { isOut = true; return new HttpResponse(null, { status: 204 }); }));
    open("/settings");
    const buttons = await screen.findAllByRole("button", { name: "Sign out" });
    await userEvent.click(buttons.at(-1) as HTMLElement);
    expect(await screen.findByRole("button", { name: "Connect" })).toBeInTheDocument();
    expect(isOut).toBe(true);
  });
  it("says so when there is no such page", async () => {
    open("/nowhere");
    expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeInTheDocument();
  });
});
