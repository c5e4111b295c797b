/** The four states of everything that is asked for: loading, empty, error, stale. */
import { type ReactNode, useEffect, useState } from "react";
import { FailureNote } from "./banner";
import { Button } from "./button";

/** True once `ms` have passed since the component appeared. */
export function useDelay(ms: number): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isOver;
}

/** The grey shape of a figure: the same size, no shimmer. */
export function Skeleton({ like }: { like: string }) {
  return (
    <span aria-hidden className="inline-block rounded-tag bg-sunken text-transparent select-none">
      {like}
    </span>
  );
}

/** One figure that is being asked for: its room at once, its grey shape after 300 ms. */
export function Pending({ like = "$1,234.56" }: { like?: string }) {
  const isShown = useDelay(300);
  return (
    <span aria-busy className={isShown ? "" : "invisible"}>
      <Skeleton like={like} />
      <span className="sr-only">being asked for</span>
    </span>
  );
}

interface LoadingProps {
  /** Who is being asked, said after three seconds: "Asking Hyperliquid for your balances." */
  asking: string;
  /** How many lines the content will have, so that heights stay. */
  lines?: number;
}

export function Loading({ asking, lines = 3 }: LoadingProps) {
  const isShown = useDelay(300);
  const isSlow = useDelay(3_000);
  return (
    <div aria-busy className="min-h-10">
      <div className={isShown ? "" : "invisible"} data-testid="loading">
        {Array.from({ length: lines }, (_, line) => (
          <div key={line} className="flex justify-between gap-4 border-t border-line py-[9px] first:border-t-0">
            <Skeleton like="Collateral on Solana" />
            <Skeleton like="$12,578.77" />
          </div>
        ))}
      </div>
      <p role="status" className="min-h-5 text-13 text-ink3">
        {isSlow ? asking : ""}
      </p>
    </div>
  );
}

export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div>
      <p className="max-w-measure text-ink2">{children}</p>
      {action ? <div className="mt-3 flex flex-wrap gap-2">{action}</div> : null}
    </div>
  );
}

interface Answer<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface AsyncProps<T> extends LoadingProps {
  answer: Answer<T>;
  /** What an error means for the money. */
  means?: string;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Shows the last answer as long as there is one; an error beside it does not hide it. */
export function Async<T>({ answer, asking, lines, means, isEmpty, empty, children }: AsyncProps<T>) {
  const { data, error, refetch } = answer;
  const note = error ? (
    <FailureNote
      error={error}
      action={
        <Button size="small" onClick={() => void refetch()}>
          Ask again
        </Button>
      }
    >
      {means ?? "Nothing of yours has changed."}
    </FailureNote>
  ) : null;
  if (data === undefined) return note ?? <Loading asking={asking} lines={lines} />;
  return (
    <>
      {note ? <div className="mb-3">{note}</div> : null}
      {isEmpty?.(data) ? empty : children(data)}
    </>
  );
}
