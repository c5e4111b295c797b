/** Leaving everything: asking for it, and what it would cost. */
import { useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { RETRY_SILENCE_MS, retrySilence } from "../../api/idempotency";
import { keys } from "../../api/keys";
import type { EntryRequest, PositionResponse } from "../../api/schema.gen";
import { add, type Decimal } from "../../lib/decimal";
import { afterClosing } from "./closing-cost";
import { isCloseable, isHeld } from "./words";

function useLeaving<T>(ask: (wish: T) => ReturnType<typeof closeAll>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ask,
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSettled: () =>
      Promise.all([keys.positions, ["position"], keys.control, ["check"]].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
}

const header = (key: string) => ({ header: { "Idempotency-Key": key } });
const closeAll = (key: string) => body(api.POST("/api/v1/control/close-all", { params: header(key) }));

/** One closing for each position; silence is answered by sending the same key again. */
export function useCloseAll(idempotencyKey: string) {
  return useLeaving<void>(() => closeAll(idempotencyKey));
}

/** Pauses opening and closes everything at once; silence is answered with the same key. */
export function useEmergencyStop(idempotencyKey: string) {
  return useLeaving<string>((reason) =>
    body(api.POST("/api/v1/control/emergency-stop", { params: header(idempotencyKey), body: { reason } })),
  );
}

const entryOf = (position: PositionResponse): EntryRequest => ({
  asset: position.asset,
  protocol: position.protocol,
  size_usd: position.size_usd,
  leverage: position.leverage,
});

/** What closing each would cost in USD, in the order given; null while it is not known. */
export function useClosingCosts(positions: PositionResponse[]): (Decimal | null)[] {
  const asked = new Map(positions.filter(isHeld).map((position) => [JSON.stringify(entryOf(position)), entryOf(position)]));
  const answers = useQueries({
    queries: [...asked.values()].map((entry) => ({
      queryKey: keys.preflight(entry),
      queryFn: () => body(api.POST("/api/v1/positions/preflight", { body: entry })),
    })),
  });
  const costs = new Map([...asked.keys()].map((key, index) => [key, answers[index]?.data?.quote?.cost_close_usd ?? null]));
  return positions.map((position) => (isHeld(position) ? (costs.get(JSON.stringify(entryOf(position))) ?? null) : null));
}

/** The sum, or null while a part of it is unknown. */
function together(values: (Decimal | null | undefined)[]): Decimal | null {
  return values.some((value) => value === null || value === undefined) ? null : add("0", ...values.map((value) => value ?? "0"));
}

/** Whether a request to close everything does anything with it now. */
export function isTaken(position: PositionResponse): boolean {
  return isCloseable(position) || position.state.startsWith("closing_");
}

/** What comes back of those that are closed, less the costs; null while a part is unknown. */
export function broughtBack(positions: PositionResponse[], costs: (Decimal | null)[], isEmergency: boolean): Decimal | null {
  const parts = positions.map((position, index) => afterClosing(position.equity_usd, costs[index] ?? null));
  return together(parts.filter((_, index) => isEmergency || isTaken(positions[index] as PositionResponse)));
}

/** What leaving does with a position in its present state. */
export function fate(position: PositionResponse, isEmergency: boolean): string {
  switch (position.state) {
    case "hedged":
      return isEmergency
        ? `Both legs are closed at once, each as soon as its venue answers.`
        : `The short is bought back, then the ${position.asset} is sold and the loan repaid.`;
    case "stuck_unwind":
      return "What is still held is closed; what is closed already is not touched again.";
    case "quarantined":
      return "What the venue really holds of it is closed.";
    case "closing_short":
    case "closing_long":
      return isEmergency ? "It is being closed already; that is hurried." : "It is being closed already; that goes on.";
    case "unwinding":
      return "It is being given up already; that goes on.";
    default:
      return isEmergency
        ? "It is being worked on; it is closed as soon as both legs are there."
        : "It is being worked on and not closed now; ask again when that is done.";
  }
}
