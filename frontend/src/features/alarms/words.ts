/** What an alarm says, how bad it is, and what happens next. */
import type { AlarmEntry } from "../../api/schema.gen";
import { absolute, approx } from "../../lib/decimal";
import { amount, money } from "../../lib/format";
import { age, clock, countdown } from "../../lib/time";

interface Kind {
  title: string;
  tone: "danger" | "caution";
  /** What happens when neither the bot has set itself a time nor a person can do anything. */
  next: string;
}

/** Worst first. */
const KINDS: Record<string, Kind> = {
  stuck_unwind: {
    title: "A position could not be closed",
    tone: "danger",
    next: "Nothing more is done by itself: close the position again.",
  },
  leg_exposed: {
    title: "One leg stands alone",
    tone: "danger",
    next: "We go on with it; you need not do anything.",
  },
  leg_lost: {
    title: "A leg shrank without our doing",
    tone: "danger",
    next: "We bring both legs together again, or close what is left.",
  },
  liquidation_near: {
    title: "A leg is near its liquidation price",
    tone: "danger",
    next: "We make both legs smaller or close the position; you need not do anything.",
  },
  orphan_exposure: {
    title: "Something is held that no position claims",
    tone: "danger",
    next: "Nothing is opened until it is settled.",
  },
  book_mismatch: {
    title: "The venue and our books disagree",
    tone: "caution",
    next: "Nothing is done by itself. Closing the position is possible.",
  },
  risk_unknown: {
    title: "We do not know how safe a position is",
    tone: "caution",
    next: "We judge by what we know and ask again. Nothing is closed because of it.",
  },
  peg_off: {
    title: "A staking token trades away from its value",
    tone: "caution",
    next: "Nothing is opened with it. A position is closed only where its lender goes by the market.",
  },
  market_blind: {
    title: "The price cannot be trusted",
    tone: "caution",
    next: "Nothing is opened, defended or closed by it until it can.",
  },
  signing_down: {
    title: "Nothing can be signed",
    tone: "caution",
    next: "We ask again and go on as soon as it answers; you need not do anything.",
  },
  playbook: {
    title: "Something outside has failed",
    tone: "caution",
    next: "Your pair is held. We go on by ourselves as soon as it works again.",
  },
  money_stranded: {
    title: "Money between the chains did not arrive",
    tone: "danger",
    next: "Your pair is defended without it. The alarm says where the money is; the operators see it too.",
  },
  ledger_mismatch: {
    title: "Figures do not add up",
    tone: "caution",
    next: "No money is moved because of it. The operators see it too.",
  },
};
const UNKNOWN_KIND: Kind = { title: "Something needs a look", tone: "caution", next: "The operators see it too." };
const ORDER = Object.keys(KINDS);
/** So long after its time we say "now"; after that, that it is late. */
const ON_TIME_MS = 30_000;

export const kindOf = (alarm: AlarmEntry): Kind => KINDS[alarm.kind] ?? UNKNOWN_KIND;

function rank(alarm: AlarmEntry): number {
  const place = ORDER.indexOf(alarm.kind);
  return place < 0 ? ORDER.length : place;
}

const size = (alarm: AlarmEntry) => (alarm.exposure_usd === null ? 0 : approx(absolute(alarm.exposure_usd)));

/** Open ones, worst first; of the same kind the larger amount first. */
export function worstFirst(alarms: AlarmEntry[]): AlarmEntry[] {
  return alarms.filter((alarm) => alarm.is_open).sort((a, b) => rank(a) - rank(b) || size(b) - size(a));
}

/** Open ones nobody has acknowledged, worst first. */
export function unheeded(alarms: AlarmEntry[]): AlarmEntry[] {
  return worstFirst(alarms).filter((alarm) => alarm.acknowledged_at === null);
}

/** What moves with the price, without its sign: "$437.84, 2.00 SOL short". */
export function atRisk(alarm: AlarmEntry): string {
  const { exposure_sol: sol, exposure_usd: usd } = alarm;
  if (sol === null) return usd === null ? "not known yet" : money(absolute(usd));
  const side = sol.startsWith("-") ? "short" : "long";
  const held = `${amount(absolute(sol), "SOL")} ${side}`;
  return usd === null ? `${held}, value not known yet` : `${money(absolute(usd))}, ${held}`;
}

/** The server's host time now, from the alarm's own age: this machine's clock may be wrong. */
export function serverNow(alarm: AlarmEntry, receivedAt: number, now: number): number {
  return new Date(alarm.raised_at).getTime() + alarm.age_seconds * 1000 + Math.max(0, now - receivedAt);
}

const begun = (text: string) => text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");

/** What the bot does next and when; an open alarm always says one or the other. */
export function whatNext(alarm: AlarmEntry, at: number): string {
  if (alarm.acts_at === null) return kindOf(alarm).next;
  const action = alarm.action === null ? "we act by ourselves" : `we do this by ourselves: ${begun(alarm.action)}`;
  const left = new Date(alarm.acts_at).getTime() - at;
  if (left > 0) return `In ${countdown(left)} ${action}.`;
  const doing = alarm.action === null ? "we are acting by ourselves" : `being done: ${begun(alarm.action)}`;
  if (left > -ON_TIME_MS) return `Now ${doing}.`;
  return `Due for ${age(-left)}, not finished yet; ${doing}.`;
}

/** The same with the time of day instead of a countdown, for a sentence that is read out. */
export function nextAt(alarm: AlarmEntry): string {
  if (alarm.acts_at === null) return kindOf(alarm).next;
  const action = alarm.action === null ? "act by ourselves" : `do this by ourselves: ${begun(alarm.action)}`;
  return `From ${clock(alarm.acts_at)} on we ${action}.`;
}
