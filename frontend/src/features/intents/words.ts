/** What an intent asks for and where it stands, in words. */
import type { CheckResult, IntentResponse } from "../../api/schema.gen";
import { approx, compare } from "../../lib/decimal";
import { leverage, money, percent, signedWords } from "../../lib/format";
import { howOften, type SettledHour } from "../../lib/funding";
import { moment } from "../../lib/time";
import type { VerdictKind } from "../../ui/verdict";

export function isWaiting(intent: IntentResponse): boolean {
  return intent.status === "pending" || intent.status === "active";
}

/** "$1,200.00 at 2.0x in jitoSOL". */
export function asked(intent: IntentResponse): string {
  const where = intent.protocol_name === null ? "" : ` on ${intent.protocol_name}`;
  return `${money(intent.size_usd)} at ${leverage(intent.leverage)} in ${intent.asset}${where}`;
}

/** "at least 15.00% a year" of what the short earns, or that it earns at all. */
export function askedOfFunding(intent: IntentResponse): string {
  return intent.min_funding_apr === null ? "when the short earns" : `when the short earns ${percent(intent.min_funding_apr, 2)} a year`;
}

/** The line an intent draws across what the short earned. */
export function lineOf(intent: IntentResponse): { value: number; label: string; side: "above" } {
  const floor = intent.min_funding_apr ?? "0";
  const label = compare(floor, "0") > 0 ? `opens at ${percent(floor, 2)}` : "opens above 0%";
  return { value: Math.max(0, approx(floor)), label, side: "above" };
}

export function failing(intent: IntentResponse): CheckResult[] {
  return intent.criteria.filter((check) => !check.passed);
}

/** What stands between the intent and its opening. */
export function standing(intent: IntentResponse): { kind: VerdictKind; sentence: string } {
  if (intent.is_opening) return { kind: "in", sentence: "Everything you asked for held. It is being opened now." };
  if (intent.verdict === null) return { kind: "unknown", sentence: "We cannot judge now: there is no market data." };
  if (intent.verdict === "enter") return { kind: "in", sentence: "Everything you asked for holds. It is opened at the next look." };
  const missing = failing(intent);
  if (intent.verdict === "refuse") {
    const first = missing.find((check) => ["not_paused", "own_limits", "safe_leverage"].includes(check.key)) ?? missing[0];
    return { kind: "caution", sentence: first === undefined ? "It cannot be opened." : refusal(first) };
  }
  const first = missing[0];
  return { kind: "out", sentence: first === undefined ? "Not yet." : notYet(first) };
}

function refusal(check: CheckResult): string {
  if (check.key === "not_paused") return `${check.figure}.`.replace(/\.\.$/, ".");
  if (check.key === "own_limits") return `You hold as many positions as you may: ${check.figure}, ${check.limit}.`;
  return `${check.figure} leaves too little room there, ${check.limit}.`;
}

function notYet(check: CheckResult): string {
  const pays = check.figure.startsWith("-");
  switch (check.key) {
    case "short_earns_now":
    case "short_earns_next": {
      const when = check.key === "short_earns_now" ? "now" : "in the next hour";
      if (pays) return `Not yet. The short would pay ${check.figure.slice(1)} a year ${when}; we wait.`;
      return `Not yet. The short earns ${check.figure} a year ${when}, you asked for ${check.limit}.`;
    }
    case "net":
      return `Not yet. ${signedWords(check.figure)} a year would be left on your capital, you asked for ${check.limit}.`;
    case "entry_price":
      return `Not yet. SOL costs ${check.figure}, you asked for ${check.limit}.`;
    case "not_held_back":
      return `Not yet. ${signedWords(check.figure)}`;
    default:
      return `Not yet. ${check.label}: ${signedWords(check.figure)}, ${check.limit}.`;
  }
}

/** "5 of 7 hold." and how often the funding asked for was there. */
export function why(intent: IntentResponse, hours: SettledHour[] | undefined): string {
  const parts: string[] = [];
  if (intent.criteria.length > 0) {
    parts.push(`${intent.criteria.length - failing(intent).length} of ${intent.criteria.length} hold.`);
  }
  const often = howOften(intent.min_funding_apr, hours);
  if (often !== null) parts.push(often);
  return parts.join(" ");
}

/** What became of one that has ended. */
export function outcome(intent: IntentResponse): string {
  switch (intent.status) {
    case "executed":
      return intent.criteria_snapshot === null
        ? "Opened"
        : `Opened while the short earned ${signedWords(percent(intent.criteria_snapshot.funding_now, 2))} a year`;
    case "failed":
      return `Came to nothing: ${intent.execution_error?.message ?? "the reason is not known"}`;
    case "expired":
      return intent.execution_error === null ? "Its time ended" : `Its time ended. Last try: ${intent.execution_error.message}`;
    default:
      return "Called off";
  }
}

/** "since 21 Sep 09:00, until 28 Sep 09:00". */
export function span(intent: IntentResponse): string {
  return `since ${moment(intent.created_at)}, until ${moment(intent.expires_at)}`;
}
