/** What a position is, in words. */
import type { DefenceState, PositionResponse } from "../../api/schema.gen";
import { absolute, type Decimal } from "../../lib/decimal";
import { figure, percent } from "../../lib/format";
import type { Walls } from "../../ui/charts/price-axis";

const STATES: Record<string, string> = {
  requested: "asked for, nothing sent yet",
  opening_long: "the long is being bought",
  opening_short: "the short is being placed",
  hedged: "hedged",
  reducing: "both legs are being made smaller",
  repairing: "a leg changed without our doing; the short is being brought to the long",
  quarantined: "the venue and our books disagree; nothing but closing is done with it",
  closing_short: "the short is being bought back",
  closing_long: "the long is being sold",
  closed: "closed",
  unwinding: "what was bought is being sold again",
  unwound: "not opened; what was bought was sold again",
  failed: "never opened",
  stuck_unwind: "one leg stands alone and has to be closed",
};

/** The same in a word or two, for a table. */
const BRIEF: Record<string, string> = {
  requested: "asked for",
  opening_long: "opening",
  opening_short: "opening",
  reducing: "being reduced",
  repairing: "being repaired",
  quarantined: "in quarantine",
  closing_short: "closing",
  closing_long: "closing",
  unwinding: "being given up",
  stuck_unwind: "not closed",
};

export function briefState(position: PositionResponse): string {
  return BRIEF[position.state] ?? stateWords(position);
}

/** Net yearly rate at present; null while it is not known, or one leg stands alone. */
export function netRate(position: PositionResponse): Decimal | null {
  return position.state === "stuck_unwind" ? null : position.net_apr;
}

export function stateWords(position: PositionResponse): string {
  return STATES[position.state] ?? position.state;
}

/** The words for a state by its name; null for a name that is none. */
export function wordsOf(state: string): string | null {
  return STATES[state] ?? null;
}

/** What is being done and what it means for the money; null when the state says it all. */
export function doing(position: PositionResponse): string | null {
  switch (position.state) {
    case "repairing":
      return "A leg shrank or changed without an order of ours. The short is brought to what the long still holds; if that cannot be done, what is left is closed.";
    case "reducing":
      return "The same part of both legs is given up, the short first; until the long has followed, the difference moves with the price.";
    case "unwinding":
      return "The position could not be opened. What was bought is sold again; what that cost will be in the timeline.";
    default:
      return null;
  }
}

/** Whether it waits for a person or for a countdown; nothing is at work on it. */
export function isHeldUp(position: PositionResponse): boolean {
  return position.state === "stuck_unwind" || position.state === "quarantined";
}

/** Whether something is at work on it. */
export function isMoving(position: PositionResponse): boolean {
  return !isHeld(position) && !isHeldUp(position);
}

export function title(position: PositionResponse): string {
  return `${position.asset} long, SOL-PERP short`;
}

export function isHeld(position: PositionResponse): boolean {
  return position.state === "hedged";
}

/** Whether a close request starts something. */
export function isCloseable(position: PositionResponse): boolean {
  return isHeld(position) || isHeldUp(position);
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

/** One sentence for each thing the bot will do, as the rule that does it says. */
export function nextWords(defence: DefenceState): string[] {
  if (defence.is_busy) return ["Something is being done with this position; what follows is known when that is over."];
  if (defence.next_actions.length === 0) return ["Nothing, at any price we can foresee."];
  return defence.next_actions.map((action) => `${action.told}.`);
}
