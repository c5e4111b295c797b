/** Checks before anything is sent: failing ones first, each with its figure, limit and remedy. */
import type { ReactNode } from "react";
import { signedWords } from "../lib/format";
import { Glyph, type GlyphName } from "./glyph";

export interface Check {
  key: string;
  name: ReactNode;
  passes: boolean | null;
  figure: ReactNode;
  remedy?: ReactNode;
}

interface Criterion {
  key: string;
  label: string;
  passed: boolean;
  figure: string;
  limit: string;
  remedy: string | null;
}

/** Criteria of a rule: each figure beside its limit, and once where both say the same. */
export function checksOf(criteria: Criterion[]): Check[] {
  return criteria.map(({ key, label, passed, figure, limit, remedy }) => ({
    key,
    name: label,
    passes: passed,
    figure: (
      <>
        {signedWords(figure)} {figure === limit ? null : <span className="text-ink3">({signedWords(limit)})</span>}
      </>
    ),
    remedy,
  }));
}

/** Failing first, then unknown, then passing; otherwise the order given. */
export function failingFirst(checks: Check[]): Check[] {
  const rank = (check: Check) => (check.passes === false ? 0 : check.passes === null ? 1 : 2);
  return [...checks].sort((a, b) => rank(a) - rank(b));
}

export function CheckList({ checks }: { checks: Check[] }) {
  return (
    <ul>
      {failingFirst(checks).map((check) => (
        <li
          key={check.key}
          data-passes={String(check.passes)}
          className="grid grid-cols-[28px_minmax(0,1fr)_minmax(0,1fr)] items-baseline gap-x-2 border-t border-line py-[9px] first:border-t-0 tablet:grid-cols-[28px_minmax(0,1fr)_auto]"
        >
          <Glyph
            name={check.passes === null ? "wait" : check.passes ? "ok" : "no"}
            label={check.passes === null ? "not known" : check.passes ? "passes" : "does not pass"}
            className="mt-[3px] self-start"
          />
          <span className={check.passes === false ? "font-semibold" : ""}>{check.name}</span>
          <span className="text-right">{check.figure}</span>
          {check.passes === true || !check.remedy ? null : (
            <span className="col-span-2 col-start-2 pt-0.5 text-13 text-ink2">{check.remedy}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

export interface Step {
  key: string;
  name: ReactNode;
  state: "done" | "running" | "waiting" | "failed" | "unknown";
  /** How long it took, or has been running. */
  took?: ReactNode;
  /** What happens if it fails; what went wrong. */
  note?: ReactNode;
}

const STEP_GLYPH: Record<Step["state"], GlyphName | null> = {
  done: "ok",
  running: "wait",
  waiting: null,
  failed: "no",
  unknown: "warn",
};

/** The steps of something running, with seconds. */
export function Stepper({ steps, label }: { steps: Step[]; label: string }) {
  return (
    <ol aria-label={label} aria-live="polite">
      {steps.map((step) => {
        const glyph = STEP_GLYPH[step.state];
        return (
          <li
            key={step.key}
            data-state={step.state}
            aria-current={step.state === "running" ? "step" : undefined}
            className="grid grid-cols-[28px_minmax(0,1fr)_auto] items-baseline gap-x-2 border-t border-line py-[9px] first:border-t-0"
          >
            {glyph ? <Glyph name={glyph} label={step.state} className="mt-[3px] self-start" /> : <span />}
            <span className={step.state === "waiting" ? "text-ink2" : step.state === "running" ? "font-semibold" : ""}>
              {step.name}
            </span>
            <span className="text-13 whitespace-nowrap text-ink3">{step.took}</span>
            {step.note ? <span className="col-span-2 col-start-2 pt-0.5 text-13 text-ink2">{step.note}</span> : null}
          </li>
        );
      })}
    </ol>
  );
}
