/** The server's event stream and what each event means for the query cache: one table. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** A silent stream is lost: the server sends a ping at least every 30 seconds. */
export const SILENCE_LIMIT_MS = 45_000;
const RETRY_MS = 3_000;

export type StreamState = { live: boolean; since: number };
type Payload = Record<string, unknown>;
type Effect = (cache: QueryClient, payload: Payload) => void;

const again =
  (...keys: QueryKey[]): Effect =>
  (cache) => {
    for (const queryKey of keys) void cache.invalidateQueries({ queryKey });
  };

/** Every named event and what becomes out of date with it. */
export const EVENTS: Record<string, Effect> = {
  position_opened: again(["positions"], ["balances"], ["check"], ["decisions"], ["risk"]),
  position_closed: again(["positions"], ["history"], ["ledger"], ["balances"], ["check"], ["decisions"], ["risk"]),
  position_update: again(["positions"], ["position"], ["decisions"], ["risk"]),
  intent_update: again(["intents"], ["positions"], ["decisions"]),
  rate_update: again(["rates"]),
  balance_update: again(["balances"], ["deposits"], ["check"]),
  job_update: again(["job"], ["deposits"], ["wallets"]),
  wallets_ready: again(["me"], ["wallets"], ["balances"], ["check"]),
  alarm_update: again(["alarms"], ["positions"], ["position"], ["decisions"], ["risk"]),
  control_update: again(["control"], ["check"], ["strategy"], ["decisions"]),
  strategy_update: again(["strategy"], ["decisions"]),
  bot_status: (cache, payload) => cache.setQueryData(["bot-status"], payload),
  ping: () => undefined,
};

/** What may have changed while nobody was listening. */
const LIVE: QueryKey[] = [
  ["alarms"], ["positions"], ["position"], ["balances"], ["rates"], ["job"], ["deposits"], ["history"], ["ledger"], ["control"],
  ["intents"], ["strategy"], ["decisions"], ["risk"],
];

function parsed(text: string): Payload {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Payload) : {};
  } catch {
    return {};
  }
}

export interface Stream {
  subscribe(listener: () => void): () => void;
  state(): StreamState;
  close(): void;
}

/**
 * Listens until closed. The browser resumes by itself with Last-Event-ID; when it gives up, or
 * the stream is silent for too long, a new one is opened and the live queries are asked again.
 */
export function listen(url: string, cache: QueryClient): Stream {
  const listeners = new Set<() => void>();
  let state: StreamState = { live: true, since: Date.now() };
  let source: EventSource | null = null;
  let heardAt = Date.now();
  let lostOnce = false;

  const become = (live: boolean) => {
    if (state.live === live) return;
    state = { live, since: Date.now() };
    listeners.forEach((listener) => listener());
  };
  const heard = () => {
    heardAt = Date.now();
    become(true);
  };
  const open = () => {
    source?.close();
    const fresh = new EventSource(url);
    source = fresh;
    heardAt = Date.now();
    fresh.onopen = () => {
      if (lostOnce) again(...LIVE)(cache, {});
      lostOnce = false;
      heard();
    };
    fresh.onerror = () => {
      lostOnce = true;
      become(false);
    };
    for (const [name, effect] of Object.entries(EVENTS)) {
      fresh.addEventListener(name, (event) => {
        heard();
        effect(cache, parsed((event as MessageEvent<string>).data));
      });
    }
  };
  const watch = setInterval(() => {
    const isSilent = Date.now() - heardAt > SILENCE_LIMIT_MS;
    if (isSilent) {
      lostOnce = true;
      become(false);
    }
    const isGivenUp = source?.readyState === EventSource.CLOSED;
    if (isGivenUp) again(["me"])(cache, {}); // perhaps the session has ended
    if (isSilent || isGivenUp) open();
  }, RETRY_MS);
  open();

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    close() {
      clearInterval(watch);
      source?.close();
      source = null;
    },
  };
}
