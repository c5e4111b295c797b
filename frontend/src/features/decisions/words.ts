/** What a decision says and which rule said it, in words. */
import type { DecisionEntry } from "../../api/schema.gen";
import type { GlyphName } from "../../ui/glyph";
import type { VerdictKind } from "../../ui/verdict";

interface Said {
  word: string;
  kind: VerdictKind;
  glyph: GlyphName;
}

const VERDICTS: Record<string, Said> = {
  enter: { word: "Get in", kind: "in", glyph: "ok" },
  wait: { word: "Wait", kind: "out", glyph: "wait" },
  hold: { word: "Hold", kind: "in", glyph: "ok" },
  reduce: { word: "Make smaller", kind: "caution", glyph: "warn" },
  exit: { word: "Leave", kind: "out", glyph: "no" },
  refuse: { word: "Refuse", kind: "caution", glyph: "no" },
  pause: { word: "Pause openings", kind: "alarm", glyph: "bad" },
};

/** The verdict in a word or two, with its marks. */
export function said(decision: DecisionEntry): Said {
  return VERDICTS[decision.verdict] ?? { word: decision.verdict, kind: "unknown", glyph: "wait" };
}

const RULES: Record<string, string> = {
  "entry.preflight": "Checks before an opening is sent",
  "entry.intent": "Whether the intent may open",
  "strategy.entry": "Whether the strategy gets in",
  "strategy.exit": "Whether it still pays to stay",
  "risk.position": "Whether both legs are safe",
  "risk.defence": "Whether a leg is defended",
  "risk.lone_leg": "Whether one leg is defended alone",
  "risk.lost_leg": "Whether the venue took from a leg",
  "risk.account": "Whether openings are stopped",
};

/** The question a rule answers. */
export function question(rule: string): string {
  return RULES[rule] ?? rule;
}

/** "2 of 7 hold": null without criteria. */
export function tally(decision: DecisionEntry): string | null {
  const { criteria } = decision;
  if (criteria.length === 0) return null;
  const holding = criteria.filter((check) => check.passed).length;
  return holding === criteria.length ? `all ${criteria.length} hold` : `${holding} of ${criteria.length} hold`;
}

const TRADED = new Set(["entry.preflight", "strategy.entry", "entry.intent"]);

/** Its mark in a timeline: what defends a position is a diamond. */
export function markOf(decision: DecisionEntry): "note" | "defence" {
  return TRADED.has(decision.rule) || decision.verdict === "hold" ? "note" : "defence";
}
