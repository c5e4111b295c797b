/** What a rule looked at or held it against, one below the other. */
import type { FigureEntry } from "../../api/schema.gen";
import { counted } from "../../lib/format";
import { KeyValues } from "../../ui/figure";
import { NoData } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { laidOut, type Row } from "./names";

const AT_ONCE = 14;

const shown = (row: Row) => ({
  key: row.name,
  label: <span title={row.name}>{row.label}</span>,
  value:
    row.value === null ? (
      <NoData reason="It was not known when this was decided." />
    ) : (
      <span title={row.exact ?? undefined} className="inline-block max-w-[34ch] break-words whitespace-normal">{row.value}</span>
    ),
});

interface FiguresListProps {
  title: string;
  figures: FigureEntry[];
  /** Limits rather than what was seen: one without a value does not limit. */
  areLimits?: boolean;
}

export function FiguresList({ title, figures, areLimits }: FiguresListProps) {
  const { rows, lists } = laidOut(figures, areLimits);
  const first = rows.slice(0, AT_ONCE);
  const rest = rows.slice(AT_ONCE);
  return (
    <section aria-label={title} className="mt-6">
      <h4 className="mb-1 text-13 font-semibold">{title}</h4>
      {rows.length + lists.length === 0 ? <Hint>Nothing.</Hint> : <KeyValues rows={first.map(shown)} />}
      {rest.length > 0 ? (
        <Folded name={`${counted(rest.length, "more figure")}`}>
          <KeyValues rows={rest.map(shown)} />
        </Folded>
      ) : null}
      {lists.map((list) => (
        <Folded key={list.name} name={`${list.label}: ${list.lines.length}`}>
          <ol className="text-13 text-ink2">
            {list.lines.map((line, index) => (
              <li key={index} className="border-t border-line py-1.5 first:border-t-0">{line}</li>
            ))}
          </ol>
        </Folded>
      ))}
    </section>
  );
}

function Folded({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <details className="mt-1">
      <summary className="w-fit cursor-pointer py-1.5 text-13 text-ink2">{name}</summary>
      <div className="border-l-2 border-line pl-3">{children}</div>
    </details>
  );
}
