/** Every step of a position's life, newest first. */
import type { TimelineEntry } from "../../api/schema.gen";
import { figure } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import { Async, Empty } from "../../ui/async";
import { Section } from "../../ui/section";
import { type Entry, Timeline } from "../../ui/timeline";
import { useTimeline } from "./queries";

const TRADES = new Set(["open_long", "open_short", "close_long", "close_short", "add_margin"]);

const OUTCOMES: Record<string, string> = {
  intended: "not answered yet; being looked up",
  running: "running",
  unknown: "outcome not known yet; being looked up",
  refused: "refused",
  failed: "did not happen",
};

function entryOf(entry: TimelineEntry, index: number): Entry {
  const outcome = OUTCOMES[entry.status];
  const parts = [
    entry.detail,
    entry.attempt > 1 ? `attempt ${entry.attempt}` : null,
    entry.seconds === null ? null : `took ${figure(entry.seconds, 1)} s`,
    entry.error ? `${entry.error.message} (${entry.error.code})` : null,
    entry.hash ? `line ${entry.hash.slice(0, 12)}` : null,
  ];
  return {
    key: `${entry.at}-${entry.name}-${index}`,
    when: <time dateTime={entry.at} title={utc(entry.at)}>{moment(entry.at)}</time>,
    mark: entry.kind === "alarm" ? "defence" : TRADES.has(entry.name) && !outcome ? "trade" : "note",
    what: outcome ? `${entry.title}: ${outcome}.` : <strong>{entry.title}</strong>,
    detail: parts.filter(Boolean).join("; "),
  };
}

export function TimelineSection({ positionId }: { positionId: string }) {
  const timeline = useTimeline(positionId);
  return (
    <Section title="Timeline" meta="from the audit log, newest first">
      <Async
        answer={timeline}
        asking="Asking the server for the steps of this position."
        isEmpty={(data) => data.entries.length === 0}
        empty={<Empty>No step has been taken yet. Each will be here with what it did and how long it took.</Empty>}
      >
        {(data) => <Timeline label="Timeline" entries={data.entries.map(entryOf).reverse()} />}
      </Async>
    </Section>
  );
}
