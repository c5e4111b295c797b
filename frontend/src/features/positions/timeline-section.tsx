/** A position's life from the audit log, newest first; signatures and bookkeeping on request. */
import { type ReactNode, useState } from "react";
import type { TimelineEntry } from "../../api/schema.gen";
import { figure } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import { Async, Empty } from "../../ui/async";
import { Section } from "../../ui/section";
import { type Entry, Timeline } from "../../ui/timeline";
import { Segmented } from "../../ui/segmented";
import { useTimeline } from "./queries";
import { wordsOf } from "./words";

const TRADES = new Set(["open_long", "open_short", "close_long", "close_short", "add_margin"]);

const OUTCOMES: Record<string, string> = {
  intended: "not answered yet; being looked up",
  running: "running",
  unknown: "outcome not known yet; being looked up",
  refused: "refused",
  failed: "did not happen",
};

/** What a person does not need to follow the story: signatures, and the ends of jobs. */
const TECHNICAL = new Set(["signed", "outcome"]);
type Shown = "story" | "all";

function whatOf(entry: TimelineEntry): string {
  const state = entry.kind === "state" ? wordsOf(entry.name) : null;
  return state === null ? entry.title : `State: ${state}`;
}

function entryOf(entry: TimelineEntry, index: number, shown: Shown): Entry {
  const outcome = OUTCOMES[entry.status];
  const what = whatOf(entry);
  const isPlain = shown === "story" && (entry.kind === "state" || (entry.kind === "step" && entry.status === "running"));
  const parts = [
    shown === "all" ? entry.kind : null,
    isPlain ? null : entry.detail,
    entry.attempt > 1 ? `attempt ${entry.attempt}` : null,
    entry.seconds === null ? null : `took ${figure(entry.seconds, 1)} s`,
    entry.error ? `${entry.error.message} (${entry.error.code})` : null,
  ];
  return {
    key: `${entry.at}-${entry.name}-${index}`,
    when: <time dateTime={entry.at} title={utc(entry.at)}>{moment(entry.at)}</time>,
    mark: entry.kind === "alarm" ? "defence" : TRADES.has(entry.name) && !outcome ? "trade" : "note",
    what: outcome ? `${what}: ${outcome}.` : entry.kind === "state" ? what : <strong>{what}</strong>,
    detail: parts.filter(Boolean).join("; "),
    amount: entry.hash ? (
      <span title={`Line of the audit log: ${entry.hash}`} className="font-mono text-12 text-ink3">
        {entry.hash.slice(0, 8)}
      </span>
    ) : null,
  };
}

/** Something from elsewhere that belongs among the steps. */
export interface Foreign {
  at: string;
  entry: Entry;
  /** Shown only with every line. */
  isDetail: boolean;
}

interface TimelineSectionProps {
  positionId: string;
  others?: Foreign[];
  action?: ReactNode;
}

/** Newest first. */
function together(steps: { at: string; entry: Entry }[], others: Foreign[], shown: Shown): Entry[] {
  const wanted = others.filter((other) => shown === "all" || !other.isDetail);
  return [...steps, ...wanted]
    .map((one, place) => ({ ...one, place, time: new Date(one.at).getTime() }))
    .sort((a, b) => b.time - a.time || b.place - a.place)
    .map((one) => one.entry);
}

export function TimelineSection({ positionId, others = [], action }: TimelineSectionProps) {
  const timeline = useTimeline(positionId);
  const [shown, setShown] = useState<Shown>("story");
  return (
    <Section
      title="Timeline"
      meta="from the audit log, newest first"
      action={
        <>
        {action}
        <Segmented
          label="What the timeline shows"
          value={shown}
          onChange={setShown}
          options={[
            { value: "story", label: "What happened" },
            { value: "all", label: "Every line" },
          ]}
        />
        </>
      }
    >
      <Async
        answer={timeline}
        asking="Asking the server for the steps of this position."
        isEmpty={(data) => data.entries.length === 0}
        empty={<Empty>No step has been taken yet. Each will be here with what it did and how long it took.</Empty>}
      >
        {(data) => (
          <Timeline
            label="Timeline"
            entries={together(
              data.entries
                .filter((entry) => shown === "all" || !TECHNICAL.has(entry.kind))
                .map((entry, index) => ({ at: entry.at, entry: entryOf(entry, index, shown) })),
              others,
              shown,
            )}
          />
        )}
      </Async>
    </Section>
  );
}
