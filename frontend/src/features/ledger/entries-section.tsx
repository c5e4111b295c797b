/** Every entry with the venue record it was made of; its postings unfold. */
import { useState } from "react";
import type { LedgerEntry } from "../../api/schema.gen";
import { isZero } from "../../lib/decimal";
import { amount } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import { Async, Empty } from "../../ui/async";
import { Button } from "../../ui/button";
import { Money, NoData } from "../../ui/numbers";
import { Segmented } from "../../ui/segmented";
import { Section } from "../../ui/section";
import { Sub, Table } from "../../ui/table";
import { type EntryKind, useEntries } from "./queries";
import { effectOf } from "./words";

const KINDS: { value: EntryKind; label: string }[] = [
  { value: "all", label: "All" },
  { value: "funding", label: "Funding" },
  { value: "interest", label: "Interest" },
  { value: "fees", label: "Fees" },
  { value: "transfers", label: "Transfers" },
];

export function EntriesSection() {
  const [kind, setKind] = useState<EntryKind>("all");
  const answer = useEntries(kind);
  return (
    <Section
      title="Entries"
      meta="newest first"
      action={<Segmented label="Entries shown" value={kind} options={KINDS} onChange={setKind} />}
    >
      <Async answer={answer} asking="Asking the server for the entries." lines={6}>
        {(known) => {
          const entries = known.pages.flatMap((page) => page.entries);
          if (entries.length === 0) return <Empty>None yet. Each venue record will stand here, with what it meant for your money.</Empty>;
          return (
            <>
              <EntriesTable entries={entries} />
              {answer.hasNextPage ? (
                <div className="mt-3">
                  <Button disabled={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>Show older entries</Button>
                </div>
              ) : null}
            </>
          );
        }}
      </Async>
    </Section>
  );
}

function EntriesTable({ entries }: { entries: LedgerEntry[] }) {
  return (
    <Table
      caption="Entries"
      rows={entries}
      rowKey={(entry) => String(entry.number)}
      columns={[
        { title: "Time", cell: (entry) => <span className="whitespace-nowrap" title={utc(entry.at)}>{moment(entry.at)}</span> },
        { title: "Entry", cell: (entry) => <Postings entry={entry} /> },
        {
          title: "Record",
          cell: (entry) => (
            <span className="font-mono text-12 break-all text-ink2" title={entry.record}>
              {entry.venue}:{entry.kind}
              <Sub>{entry.record.length > 28 ? `${entry.record.slice(0, 14)}…${entry.record.slice(-8)}` : entry.record}</Sub>
            </span>
          ),
        },
        {
          title: "Amount",
          align: "right",
          cell: (entry) => <Effect entry={entry} />,
        },
      ]}
    />
  );
}

function Effect({ entry }: { entry: LedgerEntry }) {
  const effect = effectOf(entry);
  if (effect === null) return <span className="text-ink3">moved</span>;
  return <Money value={effect} sign="flow" places={4} tone={isZero(entry.flow_usd) ? "flow" : "ink"} />;
}

function Postings({ entry }: { entry: LedgerEntry }) {
  return (
    <details>
      <summary className="cursor-pointer">{entry.memo}</summary>
      <ul className="mt-1 text-13 text-ink2">
        {entry.postings.map((posting, index) => (
          <li key={index} className="flex flex-wrap justify-between gap-x-4">
            <span className="font-mono text-12">{posting.account}</span>
            <span>
              {posting.commodity === "USD" ? null : `${amount(posting.quantity, posting.commodity, "flow")} `}
              {posting.usd === null ? <NoData reason="Nobody has said what one of them is worth." /> : <Money value={posting.usd} sign="flow" tone="ink" places={4} />}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
