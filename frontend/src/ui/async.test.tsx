import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../lib/failure";
import { Async, Empty } from "./async";
import { JobSteps } from "./job-steps";

const refetch = vi.fn();
const answer = (change: object) => ({ data: undefined, error: null, refetch, ...change });
const view = (change: object, means?: string) => (
  <Async
    answer={answer(change) as { data: string[] | undefined; error: unknown; refetch: () => void }}
    asking="Asking Hyperliquid and Solana for your balances."
    means={means}
    isEmpty={(data) => data.length === 0}
    empty={<Empty action={<button>Open a position</button>}>No positions yet.</Empty>}
  >
    {(data) => <p>{data.join(", ")}</p>}
  </Async>
);

describe("loading", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms));

  it("keeps its room, shows grey shapes after 300 ms and says who is asked after 3 s", () => {
    render(view({}));
    expect(screen.getByTestId("loading")).toHaveClass("invisible");
    wait(301);
    expect(screen.getByTestId("loading")).not.toHaveClass("invisible");
    expect(screen.queryByText(/Asking/)).toBeNull();
    wait(2_700);
    expect(screen.getByText("Asking Hyperliquid and Solana for your balances.")).toBeInTheDocument();
  });
});

describe("the other states", () => {
  it("says what will be here when empty, and the one thing to do", () => {
    render(view({ data: [] }));
    expect(screen.getByText("No positions yet.")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Open a position" })).toBeInTheDocument();
  });
  it("shows what came", () => {
    render(view({ data: ["jitoSOL", "SOL"] }));
    expect(screen.getByText("jitoSOL, SOL")).toBeInTheDocument();
  });
  it("says what failed, what it means for the money, and the code and request id last", () => {
    const error = new Failure("NET-0003", "A venue does not answer", 503, "7f3a-c21");
    render(view({ error }, "Your money is where it was."));
    const note = screen.getByRole("alert");
    expect(note).toHaveTextContent("A venue does not answer. Your money is where it was.NET-0003, request 7f3a-c21");
    screen.getByRole("button", { name: "Ask again" }).click();
    expect(refetch).toHaveBeenCalled();
  });
  it("keeps the last answer beside an error", () => {
    render(view({ data: ["jitoSOL"], error: new Failure("GEN-0002", "Internal error", 500) }));
    expect(screen.getByText("jitoSOL")).toBeInTheDocument();
    expect(screen.getByRole("alert")).toBeInTheDocument();
  });
  it.each(["HLQ-0008", "ASG-0007"])("says plainly that an outcome is unknown (%s), in amber and without a retry", (code) => {
    render(
      <JobSteps
        label="Opening"
        done="done"
        failed="failed"
        job={{ status: "failed", steps: [], error: { code, message: "The outcome is not known yet" } }}
      />,
    );
    expect(screen.getByText("We do not know yet whether this was done.")).toBeInTheDocument();
    expect(screen.getByText(/will not send it twice/)).toBeInTheDocument();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.queryByRole("button")).toBeNull();
  });
});

describe("steps of a job", () => {
  const step = { name: "open_short", title: "Short placed", attempt: 2, seconds: "0.71", detail: "67.76 SOL" };
  it("shows attempts, seconds and details, and says when a venue has not answered", () => {
    render(
      <JobSteps
        label="Opening"
        done="Both legs are open."
        failed="x"
        job={{ status: "running", error: null, steps: [{ ...step, status: "done" }, { ...step, attempt: 1, seconds: null, status: "unknown" }] }}
      />,
    );
    expect(screen.getByText("Short placed, attempt 2")).toBeInTheDocument();
    expect(screen.getByText("0.7 s")).toBeInTheDocument();
    expect(screen.getByText(/A venue has not said/)).toBeInTheDocument();
    expect(screen.queryByText("Both legs are open.")).toBeNull();
  });
});
