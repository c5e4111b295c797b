import type { PreflightResponse } from "../../api/schema.gen";
import { FailureNote } from "../../ui/banner";
import { CheckList } from "../../ui/check-list";
import { Loading } from "../../ui/async";
import { Hint, Section } from "../../ui/section";

/** Checks whose figure is a sentence that needs no limit beside it. */
const SAYS_ALL = new Set(["not_paused"]);

interface ChecksSectionProps {
  preflight: PreflightResponse | undefined;
  error: unknown;
  /** Whether the form can be checked at all. */
  isComplete: boolean;
}

export function failing(preflight: PreflightResponse): number {
  return preflight.checks.filter((check) => !check.passed).length;
}

export function ChecksSection({ preflight, error, isComplete }: ChecksSectionProps) {
  const bad = preflight ? failing(preflight) : 0;
  const all = preflight?.checks.length ?? 0;
  return (
    <Section
      title="4. Checks before anything is sent"
      action={
        preflight ? (
          <span className="text-13 text-ink3" role="status">
            {bad === 0 ? `all ${all} pass` : `${all - bad} of ${all} pass`}
          </span>
        ) : null
      }
    >
      {error ? <FailureNote error={error}>Nothing is sent while this cannot be checked.</FailureNote> : null}
      {preflight ? (
        <CheckList
          checks={preflight.checks.map((check) => ({
            key: check.key,
            name: check.label,
            passes: check.passed,
            figure: check.limit && !SAYS_ALL.has(check.key) ? `${check.figure}, ${check.limit}` : check.figure,
            remedy: check.code && check.remedy ? `${check.remedy} (${check.code})` : check.remedy,
          }))}
        />
      ) : error ? null : isComplete ? (
        <Loading asking="Asking both venues for your balances and prices." lines={6} />
      ) : (
        <Hint>An amount and a lender are needed first.</Hint>
      )}
    </Section>
  );
}
