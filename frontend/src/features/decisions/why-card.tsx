/** One decision with everything it was made from. */
import type { DecisionEntry } from "../../api/schema.gen";
import { signedWords } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import { CheckList, checksOf } from "../../ui/check-list";
import { Standing } from "../../ui/standing";
import { FiguresList } from "./figures-list";
import { question, said, tally } from "./words";

/** When it was decided, and until when the same was decided again. */
function Times({ decision }: { decision: DecisionEntry }) {
  const { decided_at, confirmed_at } = decision;
  return (
    <>
      Decided <time dateTime={decided_at} title={utc(decided_at)}>{moment(decided_at)}</time>
      {confirmed_at === null ? (
        "; something else has been decided since."
      ) : (
        <>
          ; still so <time dateTime={confirmed_at} title={utc(confirmed_at)}>{moment(confirmed_at)}</time>.
        </>
      )}
    </>
  );
}

export function WhyCard({ decision }: { decision: DecisionEntry }) {
  const { kind, word } = said(decision);
  const holds = tally(decision);
  return (
    <article aria-label={`${word}: ${signedWords(decision.reason)}`}>
      <Standing
        kind={kind}
        sentence={signedWords(decision.reason)}
        why={
          <>
            <strong>{word}</strong>
            {decision.measure === null ? "" : ` (${decision.measure})`}. <Times decision={decision} />
          </>
        }
      />
      {decision.criteria.length > 0 ? (
        <section aria-label="Criteria" className="mt-6">
          <h4 className="mb-1 text-13 font-semibold">
            What must hold <span className="font-normal text-ink3">{holds}, failing ones first</span>
          </h4>
          <CheckList checks={checksOf(decision.criteria)} />
        </section>
      ) : null}
      <FiguresList title="What it looked at" figures={decision.inputs} />
      <FiguresList title="What it held that against" figures={decision.thresholds} areLimits />
      <p className="mt-4 text-13 text-ink3">
        {question(decision.rule)}: rule <span className="font-mono text-12">{decision.rule}</span>, version {decision.version}. With these
        figures it can be made again.
      </p>
    </article>
  );
}
