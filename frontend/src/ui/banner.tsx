/** What happened → what it means for the money → what to do → code and request id last. */
import type { ReactNode } from "react";
import { type Failure, failureOf } from "../lib/failure";
import { Glyph } from "./glyph";

interface BannerProps {
  tone: "caution" | "danger" | "plain";
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  code?: ReactNode;
}

export function Banner({ tone, title, children, action, code }: BannerProps) {
  const ground = { caution: "bg-cautionbg", danger: "bg-dangerbg", plain: "bg-sunken" }[tone];
  const glyph = { caution: "warn", danger: "bad", plain: "wait" } as const;
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={`grid grid-cols-[20px_minmax(0,1fr)] items-start gap-3 rounded-box px-4 py-3 tablet:grid-cols-[20px_minmax(0,1fr)_auto] ${ground}`}
    >
      <Glyph name={glyph[tone]} className="mt-[3px]" />
      <div className="min-w-0">
        <p>
          <strong>{title}</strong> {children}
        </p>
        {code ? <p className="mt-0.5 font-mono text-12 break-words text-ink2">{code}</p> : null}
      </div>
      {action ? <div className="col-start-2 justify-self-start tablet:col-start-3">{action}</div> : null}
    </div>
  );
}

function codeLine(failure: Failure): string {
  return failure.requestId ? `${failure.code}, request ${failure.requestId}` : failure.code;
}

interface FailureProps {
  error: unknown;
  /** What it means for the money, and what to do. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Red for what is known to have failed; amber, without a retry button, for what is not known. */
export function FailureNote({ error, children, action }: FailureProps) {
  const failure = failureOf(error);
  if (failure.isOutcomeUnknown) return <OutcomeUnknown code={codeLine(failure)}>{failure.message}</OutcomeUnknown>;
  return (
    <Banner tone="danger" title={sentence(failure.message)} action={action} code={codeLine(failure)}>
      {children}
    </Banner>
  );
}

export function OutcomeUnknown({ children, code }: { children?: ReactNode; code?: ReactNode }) {
  return (
    <Banner tone="caution" title="We do not know yet whether this was done." code={code}>
      {children ? <>{children} </> : null}We are asking and will not send it twice.
    </Banner>
  );
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
