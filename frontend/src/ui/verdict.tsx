/** The product's judgement in one sentence, then why. One a page. */
import type { ReactNode } from "react";

export type VerdictKind = "in" | "out" | "caution" | "alarm" | "unknown";

const RING = <circle cx="22" cy="22" r="20" fill="none" stroke="currentColor" strokeWidth="2.5" />;
const MARKS: Record<VerdictKind, { tone: string; mark: ReactNode }> = {
  in: {
    tone: "text-income",
    mark: (
      <>
        {RING}
        <path d="M13 22.6l6.4 6.2L31.5 15.6" fill="none" stroke="currentColor" strokeWidth="3.6" />
      </>
    ),
  },
  out: {
    tone: "text-ink3",
    mark: (
      <>
        <circle cx="22" cy="22" r="20" fill="none" stroke="currentColor" strokeWidth="2.5" strokeDasharray="5 4" />
        <path d="M13 22h18" stroke="currentColor" strokeWidth="3.6" />
      </>
    ),
  },
  caution: {
    tone: "text-cautiong",
    mark: (
      <>
        <path d="M22 4L42 40H2z" fill="currentColor" />
        <path d="M22 16v11m0 3.6v4" stroke="var(--bg)" strokeWidth="4" />
      </>
    ),
  },
  alarm: {
    tone: "text-danger",
    mark: (
      <>
        <path d="M13.7 2h16.6L42 13.7v16.6L30.3 42H13.7L2 30.3V13.7z" fill="currentColor" />
        <path d="M22 11v14m0 4v4.4" stroke="var(--bg)" strokeWidth="4.4" />
      </>
    ),
  },
  unknown: {
    tone: "text-ink3",
    mark: <circle cx="22" cy="22" r="20" fill="none" stroke="currentColor" strokeWidth="2.5" strokeDasharray="2 5" />,
  },
};

/** The mark alone, for a verdict about one thing among several. */
export function VerdictMark({ kind, className }: { kind: VerdictKind; className: string }) {
  const { tone, mark } = MARKS[kind];
  return (
    <svg viewBox="0 0 44 44" aria-hidden className={`${className} ${tone}`}>
      {mark}
    </svg>
  );
}

export function Verdict({ kind, sentence, why }: { kind: VerdictKind; sentence: ReactNode; why?: ReactNode }) {
  return (
    <div className="grid grid-cols-[28px_minmax(0,1fr)] items-start gap-x-3 tablet:grid-cols-[44px_minmax(0,1fr)] tablet:gap-x-4">
      <VerdictMark kind={kind} className="mt-0.5 size-7 tablet:size-11" />
      <div aria-live="polite">
        <h1 className="max-w-[46ch] text-21 font-semibold tracking-[-0.005em] text-balance tablet:text-24">{sentence}</h1>
        {why ? <p className="mt-2 -ml-10 max-w-[78ch] text-ink2 tablet:ml-0">{why}</p> : null}
      </div>
    </div>
  );
}
