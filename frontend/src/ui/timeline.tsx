/** What happened, newest first: open circle note, filled circle trade, diamond defence. */
import type { ReactNode } from "react";

export interface Entry {
  key: string;
  when: ReactNode;
  mark: "note" | "trade" | "defence";
  what: ReactNode;
  detail?: ReactNode;
  amount?: ReactNode;
}

const MARKS = {
  note: "rounded-full bg-bg",
  trade: "rounded-full bg-ink",
  defence: "rotate-45 rounded-[1px] bg-ink",
};

export function Timeline({ entries, label }: { entries: Entry[]; label: string }) {
  return (
    <ol aria-label={label}>
      {entries.map((entry, index) => (
        <li
          key={entry.key}
          className="relative grid grid-cols-[20px_minmax(0,1fr)] gap-x-3 pb-4 tablet:grid-cols-[112px_20px_minmax(0,1fr)_auto]"
        >
          <span className="col-start-2 row-start-1 pt-px text-13 whitespace-nowrap text-ink3 tablet:col-start-1 tablet:text-right">
            {entry.when}
          </span>
          <span aria-hidden className="relative col-start-1 row-span-3 row-start-1 flex justify-center pt-[5px] tablet:col-start-2 tablet:row-span-1">
            <i className={`size-[11px] border-[1.5px] border-ink ${MARKS[entry.mark]}`} />
            {index < entries.length - 1 ? (
              <span className="absolute top-[18px] -bottom-[19px] w-px bg-line" />
            ) : null}
          </span>
          <div className="col-start-2 min-w-0 tablet:col-start-3">
            <p className="max-w-[66ch]">{entry.what}</p>
            {entry.detail ? <p className="max-w-[66ch] text-13 text-ink2">{entry.detail}</p> : null}
          </div>
          <span className="col-start-2 whitespace-nowrap tablet:col-start-4">{entry.amount}</span>
        </li>
      ))}
    </ol>
  );
}
