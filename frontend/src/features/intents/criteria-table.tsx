/** Each criterion: what was asked, what is, what is missing; failing ones first. */
import type { CheckResult } from "../../api/schema.gen";
import { signedWords } from "../../lib/format";
import { Glyph } from "../../ui/glyph";
import { type Column, Table } from "../../ui/table";

/** Its figure is a sentence, and nothing stands beside it. */
const SAYS_ALL = new Set(["not_paused", "not_held_back"]);

const COLUMNS: Column<CheckResult>[] = [
  {
    title: "Criterion",
    cell: (check) => (
      <span className="flex items-baseline gap-1.5">
        <Glyph name={check.passed ? "ok" : "no"} label={check.passed ? "holds" : "does not hold"} className="flex-none translate-y-[3px]" />
        {check.label}
      </span>
    ),
  },
  { title: "You asked", align: "right", cell: (check) => (SAYS_ALL.has(check.key) && !check.passed ? "–" : check.limit) },
  {
    title: "Now",
    align: "right",
    cell: (check) => <span className="block ml-auto max-w-[34ch] whitespace-normal">{signedWords(check.figure)}</span>,
  },
  {
    title: "Missing",
    align: "right",
    cell: (check) => <span className="block ml-auto max-w-[30ch] whitespace-normal">{check.remedy?.replace(/ missing\.$/, "") ?? "–"}</span>,
  },
];

export function CriteriaTable({ criteria, caption }: { criteria: CheckResult[]; caption: string }) {
  const rows = [...criteria].sort((a, b) => Number(a.passed) - Number(b.passed));
  return <Table caption={caption} columns={COLUMNS} rows={rows} rowKey={(check) => check.key} />;
}
