/** A figure is never shown without its context. */
import type { ReactNode } from "react";

export function Figure({ label, value, context, className = "" }: { label: ReactNode; value: ReactNode; context: ReactNode; className?: string }) {
  return (
    <dl className={className}>
      <dt className="text-13 text-ink2">{label}</dt>
      <dd className="text-30 font-medium tracking-[-0.015em] tablet:text-34">{value}</dd>
      <dd className="text-13 text-ink2">{context}</dd>
    </dl>
  );
}

/** Four figures; on the phone 1-2-1. */
export function Figures({ children }: { children: ReactNode }) {
  return (
    <section className="mt-8 border-t border-ink pt-3 tablet:mt-12">
      <div className="grid grid-cols-2 gap-x-6 gap-y-5 wide:grid-cols-4 wide:gap-x-8 [&>:first-child]:col-span-2 [&>:nth-child(4)]:col-span-2 tablet:[&>:first-child]:col-span-1 tablet:[&>:nth-child(4)]:col-span-1">
        {children}
      </div>
    </section>
  );
}

/** Label left, figure right; `sum` rows stand under an ink rule. */
export function KeyValues({ rows }: { rows: { label: ReactNode; value: ReactNode; sum?: boolean; key?: string }[] }) {
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)_auto]">
      {rows.map((row, index) => {
        const rule = index === 0 ? "" : row.sum ? "border-t border-ink" : "border-t border-line";
        const weight = row.sum ? "font-semibold" : "";
        return (
          <div key={row.key ?? String(row.label)} className="contents">
            <dt className={`py-[7px] pr-4 ${rule} ${row.sum ? "font-semibold text-ink" : "text-ink2"}`}>{row.label}</dt>
            <dd className={`py-[7px] text-right whitespace-nowrap ${rule} ${weight}`}>{row.value}</dd>
          </div>
        );
      })}
    </dl>
  );
}
