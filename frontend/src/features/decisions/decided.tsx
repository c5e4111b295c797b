/** Decisions about a position as entries of its timeline, each leading to its why-card. */
import { signedWords } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import type { Entry } from "../../ui/timeline";
import { useDecisions } from "./queries";
import { Why } from "./why";
import { markOf, question, said } from "./words";

interface Decided {
  at: string;
  entry: Entry;
  /** Nothing was done because of it. */
  isDetail: boolean;
}

const DONE_NOTHING = new Set(["hold", "wait"]);

/** Entries with the time they belong to. */
export function useDecidedEntries(position: string, of: string): Decided[] {
  const decisions = useDecisions({ position });
  return (decisions.data?.decisions ?? []).map((decision) => ({
    at: decision.decided_at,
    isDetail: DONE_NOTHING.has(decision.verdict),
    entry: {
      key: `decision-${decision.id}`,
      when: <time dateTime={decision.decided_at} title={utc(decision.decided_at)}>{moment(decision.decided_at)}</time>,
      mark: markOf(decision),
      what: `Decided: ${said(decision).word.toLowerCase()}. ${signedWords(decision.reason)}`,
      detail: (
        <>
          {question(decision.rule)}.{" "}
          <Why about={{ position }} of={of} first={decision.id} />
        </>
      ),
    },
  }));
}
