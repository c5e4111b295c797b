import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { JobSteps } from "./job-steps";
import type { WaitingJob } from "./job-waiting";

const step = (name: string, status: "done" | "waiting" | "failed") => ({ name, title: name, status, attempt: 1, seconds: null, detail: null });
const closing = (change: Partial<WaitingJob>, steps = [step("observe_short", "waiting"), step("close_short", "waiting")]) =>
  render(
    <JobSteps
      job={{ kind: "close", status: "running", error: null, waiting_for: "Asgard", waiting_since: "2025-09-23T14:03:00", ...change, steps }}
      label="Closing"
      done="Done."
      failed="Look below."
    />,
  );

describe("a job that waits", () => {
  it("says for whom, since when, and that nothing is lost while both legs stand", () => {
    closing({ remains: ["short of 6.01 SOL on Hyperliquid", "long of 4.87 jitoSOL on Solana"] });
    const note = screen.getByText("Waiting for Asgard since 14:03.").parentElement;
    expect(note).toHaveTextContent("Nothing is lost meanwhile: both legs stay as they are");
    expect(note).toHaveTextContent("Still held: short of 6.01 SOL on Hyperliquid; long of 4.87 jitoSOL on Solana.");
  });
  it("does not say so once one leg is closed", () => {
    closing({ remains: ["long of 4.87 jitoSOL on Solana"] }, [step("close_short", "done"), step("close_long", "failed")]);
    const note = screen.getByRole("status");
    expect(note).toHaveTextContent("One leg is closed already; what remains moves with the price");
    expect(note).not.toHaveTextContent("Nothing is lost");
  });
  it("says so of a long that has no short yet", () => {
    closing({ kind: "open", waiting_for: "Hyperliquid" }, [step("open_long", "done"), step("open_short", "failed")]);
    expect(screen.getByRole("status")).toHaveTextContent("the long is sold again");
  });
  it("says so of a short that is reduced before its long", () => {
    closing({ kind: "reduce" }, [step("close_short", "done"), step("reduce_long", "failed")]);
    expect(screen.getByRole("status")).toHaveTextContent("the difference moves with the price");
  });
  it("names what is still held when it failed, nothing once it is done", () => {
    closing({ status: "failed", waiting_for: null, remains: ["long of 4.87 jitoSOL on Solana"] });
    expect(screen.getByText("Still held: long of 4.87 jitoSOL on Solana.")).toBeInTheDocument();
    closing({ status: "completed", waiting_for: null, remains: ["stale words"] });
    expect(screen.queryByText(/stale words/)).toBeNull();
  });
});
