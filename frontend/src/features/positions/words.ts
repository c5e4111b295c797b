/** What a position is, in words. */
import type { PositionResponse } from "../../api/schema.gen";
import { absolute } from "../../lib/decimal";
import { figure, percent } from "../../lib/format";
import type { Walls } from "../../ui/charts/price-axis";

const STATES: Record<string, string> = {
  requested: "asked for, nothing sent yet",
  opening_long: "the long is being bought",
  opening_short: "the short is being placed",
  hedged: "hedged",
  closing_short: "the short is being bought back",
  closing_long: "the long is being sold",
  closed: "closed",
  unwinding: "what was bought is being sold again",
  unwound: "not opened; what was bought was sold again",
  failed: "never opened",
  stuck_unwind: "one leg stands alone and has to be closed",
};

export function stateWords(position: PositionResponse): string {
  return STATES[position.state] ?? position.state;
}

export function title(position: PositionResponse): string {
  return `${position.asset} long, SOL-PERP short`;
}

export function isHeld(position: PositionResponse): boolean {
  return position.state === "hedged";
}

/** Whether a close request starts something. */
export function isCloseable(position: PositionResponse): boolean {
  return position.state === "hedged" || position.state === "stuck_unwind";
}

/** "+0.08 SOL, 0.14% of the hedge". */
export function leftOver(position: PositionResponse): string {
  if (position.delta_sol === null) return "no data";
  const share = position.delta_fraction === null ? "" : `, ${percent(absolute(position.delta_fraction), 2)} of the hedge`;
  return `${figure(position.delta_sol, 2, "flow")} SOL${share}`;
}

/** Both liquidation prices and defence lines; null without a mark. */
export function wallsOf(position: PositionResponse): Walls | null {
  if (position.mark_price === null) return null;
  return {
    mark: position.mark_price,
    longLiquidation: position.long?.liquidation_price ?? null,
    longDefence: position.long?.defence_price ?? null,
    shortDefence: position.short?.defence_price ?? null,
    shortLiquidation: position.short?.liquidation_price ?? null,
  };
}

/** When the venues' figures were true, host time; null while nothing has been heard. */
export function observedAt(position: PositionResponse, receivedAt: number): number | null {
  return position.age_seconds === null ? null : receivedAt - position.age_seconds * 1000;
}

/** How long it has been or was held, in market time. */
export function heldFor(position: PositionResponse, marketNow: number): number | null {
  if (position.hedged_at === null) return null;
  const end = position.closed_at === null ? marketNow : new Date(position.closed_at).getTime();
  return Math.max(0, end - new Date(position.hedged_at).getTime());
}
