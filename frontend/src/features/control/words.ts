/** Who paused, in words. */
import type { PauseEntry } from "../../api/schema.gen";

const SETTERS: Record<string, string> = {
  user: "You",
  operator: "The operator",
  system: "A safety rule",
  kill_switch: "The kill switch",
};

const LIFTED_BY: Record<string, string> = {
  operator: "Only the operator can end it.",
  system: "It was set for safety: only the operator, or the rule itself, can end it.",
  kill_switch: "Only the operator can end it.",
};

export function setter(pause: PauseEntry): string {
  const who = SETTERS[pause.by] ?? pause.by;
  return pause.is_for_everybody ? `${who}, for everybody` : who;
}

/** An emergency stop closes what becomes closeable as long as it is in force. */
export function isStop(pause: PauseEntry): boolean {
  return pause.details["closes"] === "everything";
}

/** Whose word it takes to end it. */
export function endedBy(pause: PauseEntry): string {
  return pause.can_lift ? "You can end it." : (LIFTED_BY[pause.by] ?? "It is not yours to end.");
}
