/** A verdict inside a page: about one thing among several, so smaller than the page's own. */
import type { ReactNode } from "react";
import { VerdictMark, type VerdictKind } from "./verdict";

export function Standing({ kind, sentence, why }: { kind: VerdictKind; sentence: ReactNode; why?: ReactNode }) {
  return (
    <div className="grid grid-cols-[28px_minmax(0,1fr)] items-start gap-x-3">
      <VerdictMark kind={kind} className="mt-0.5 size-7" />
      <div aria-live="polite">
        <h3 className="max-w-[60ch] text-18 font-semibold text-balance">{sentence}</h3>
        {why ? <p className="mt-1 max-w-[78ch] text-ink2">{why}</p> : null}
      </div>
    </div>
  );
}
