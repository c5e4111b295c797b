import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EVENTS, listen, SILENCE_LIMIT_MS, type Stream } from "./events";

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeSource[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }
  close() {
    this.readyState = 2;
  }
  say(name: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }
}

let cache: QueryClient;
let stream: Stream;
const latest = () => FakeSource.opened.at(-1) as FakeSource;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.opened = [];
  vi.stubGlobal("EventSource", FakeSource);
  cache = new QueryClient();
  stream = listen("/stream", cache);
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("event stream", () => {
  it("makes what an event concerns out of date, and nothing else", () => {
    cache.setQueryData(["balances"], 1);
    cache.setQueryData(["rates", "2"], 1);
    latest().say("rate_update", {});
    expect(cache.getQueryState(["rates", "2"])?.isInvalidated).toBe(true);
    expect(cache.getQueryState(["balances"])?.isInvalidated).toBe(false);
  });
  it("keeps the strategy's state from its event", () => {
    latest().say("bot_status", { state: "running" });
    expect(cache.getQueryData(["bot-status"])).toEqual({ state: "running" });
  });
  it("survives an event it cannot read", () => {
    latest().dispatchEvent(new MessageEvent("rate_update", { data: "not json" }));
    expect(stream.state().live).toBe(true);
  });
  it("is lost on an error, live again on the next event, and asks again what it missed", () => {
    cache.setQueryData(["balances"], 1);
    latest().onerror?.();
    expect(stream.state().live).toBe(false);
    latest().onopen?.();
    expect(stream.state().live).toBe(true);
    expect(cache.getQueryState(["balances"])?.isInvalidated).toBe(true);
  });
  it("opens a new stream when the browser gave up", () => {
    latest().onerror?.();
    latest().readyState = FakeSource.CLOSED;
    vi.advanceTimersByTime(3_000);
    expect(FakeSource.opened).toHaveLength(2);
  });
  it("counts silence as lost, and a ping as life", () => {
    const told = vi.fn();
    stream.subscribe(told);
    vi.advanceTimersByTime(SILENCE_LIMIT_MS - 6_000);
    latest().say("ping", {});
    vi.advanceTimersByTime(SILENCE_LIMIT_MS - 6_000);
    expect(stream.state().live).toBe(true);
    vi.advanceTimersByTime(12_000);
    expect(stream.state().live).toBe(false);
    expect(told).toHaveBeenCalled();
  });
  it("knows every event of the contract", () => {
    expect(Object.keys(EVENTS).sort()).toEqual(
      ["alarm_update", "balance_update", "bot_status", "control_update", "intent_update", "job_update", "ping", "position_closed", "position_opened", "position_update", "rate_update", "strategy_update", "wallets_ready"],
    );
  });
});
