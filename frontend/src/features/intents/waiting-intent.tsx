/** One intent that waits: where it stands, each criterion, and how to call it off. */
import type { ReactNode } from "react";
import type { IntentResponse } from "../../api/schema.gen";
import type { SettledHour } from "../../lib/funding";
import { moment } from "../../lib/time";
import { FailureNote } from "../../ui/banner";
import { Button, ButtonLink } from "../../ui/button";
import { Columns, Hint, Section } from "../../ui/section";
import { Standing } from "../../ui/standing";
import { CriteriaTable } from "./criteria-table";
import { useCancelIntent } from "./queries";
import { asked, span, standing, why } from "./words";

interface WaitingIntentProps {
  intent: IntentResponse;
  hours: SettledHour[] | undefined;
  /** Leads to what was decided about it. */
  whyLink?: ReactNode;
  /** What the short earned lately, against what is asked. */
  history?: ReactNode;
}

export function WaitingIntent({ intent, hours, whyLink, history }: WaitingIntentProps) {
  const cancel = useCancelIntent(intent.id);
  const { kind, sentence } = standing(intent);
  return (
    <Section
      title={`${intent.is_opening ? "Opening" : "Waiting"}: ${asked(intent)}`}
      meta={span(intent)}
      action={
        intent.is_opening && intent.position_id !== null ? (
          <ButtonLink size="small" to={`/positions/${intent.position_id}`}>See the position</ButtonLink>
        ) : (
          <Button size="small" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            {cancel.isPending ? "Cancelling" : "Cancel intent"}
          </Button>
        )
      }
    >
      <Standing kind={kind} sentence={sentence} why={<>{why(intent, hours)} {whyLink}</>} />
      {intent.execution_error !== null && !intent.is_opening ? (
        <Hint tone="caution">
          The last try came to nothing: {intent.execution_error.message} ({intent.execution_error.code})
        </Hint>
      ) : null}
      {cancel.error ? (
        <div className="mt-3">
          <FailureNote error={cancel.error}>It may be opening already; then the position can be closed instead.</FailureNote>
        </div>
      ) : null}
      <Columns className="mt-4">
        {intent.criteria.length > 0 ? (
          <div className="wide:col-span-8">
            <CriteriaTable criteria={intent.criteria} caption={`What ${asked(intent)} waits for`} />
            {intent.judged_at !== null ? (
              <Hint>Looked at {moment(intent.judged_at)}. All values come from one snapshot of the market.</Hint>
            ) : null}
          </div>
        ) : null}
        {history ? (
          <div className={intent.criteria.length > 0 ? "wide:col-span-4" : "wide:col-span-12"}>
            <h3 className="mb-2 text-13 font-semibold">What the short earned a year, last 90 days</h3>
            {history}
          </div>
        ) : null}
      </Columns>
    </Section>
  );
}
