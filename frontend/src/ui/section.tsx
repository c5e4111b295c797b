/** A section is an ink hairline, a title and its content on paper: no cards. */
import type { ReactNode } from "react";

interface SectionProps {
  title: ReactNode;
  meta?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  id?: string;
  className?: string;
}

export function Section({ title, meta, action, children, id, className = "" }: SectionProps) {
  return (
    <section id={id} className={`mt-8 border-t border-ink pt-3 tablet:mt-12 ${className}`}>
      <div className="mb-4 flex flex-wrap items-baseline gap-x-4 gap-y-2">
        <h2 className="text-15 font-semibold">{title}</h2>
        {meta ? <span className="text-13 text-ink3">{meta}</span> : null}
        {action ? <div className="ml-auto flex flex-wrap items-baseline gap-2">{action}</div> : null}
      </div>
      {children}
    </section>
  );
}

export function PageHead({ title, meta, action, lead }: { title: ReactNode; meta?: ReactNode; action?: ReactNode; lead?: ReactNode }) {
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-2">
        <h1 className="text-21 font-semibold tablet:text-24">{title}</h1>
        {meta ? <span className="text-13 text-ink3">{meta}</span> : null}
        {action ? <div className="ml-auto flex flex-wrap gap-2">{action}</div> : null}
      </div>
      {lead ? <p className="mt-2 max-w-measure text-ink2">{lead}</p> : null}
    </>
  );
}

/** Twelve columns from the wide break on. */
export function Columns({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <div className={`grid grid-cols-1 gap-x-6 gap-y-6 wide:grid-cols-12 wide:gap-x-8 ${className}`}>{children}</div>;
}

/** A note under a table or a field. */
export function Hint({ children, tone = "plain", id }: { children: ReactNode; tone?: "plain" | "danger" | "caution"; id?: string }) {
  const shade = { plain: "text-ink2", danger: "text-danger", caution: "text-caution" }[tone];
  return (
    <p id={id} className={`mt-1.5 max-w-[72ch] text-13 ${shade}`}>
      {children}
    </p>
  );
}
