/** One alarm: what is the matter, what is at risk, what was tried, what happens next. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { AlarmEntry } from "../../api/schema.gen";
import { age, moment, utc } from "../../lib/time";
import { useNow } from "../../lib/use-now";
import { FailureNote } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Glyph } from "../../ui/glyph";
import { useAcknowledge } from "./queries";
import { atRisk, kindOf, serverNow, whatNext } from "./words";

interface AlarmRowProps {
  alarm: AlarmEntry;
  /** Host time of this machine when it was received. */
  receivedAt: number;
  /** On the position's own page there is no link to it. */
  isAtHome?: boolean;
  /** What a person can do about it. */
  action?: ReactNode;
}

export function AlarmRow({ alarm, receivedAt, isAtHome = false, action }: AlarmRowProps) {
  const now = useNow();
  const at = serverNow(alarm, receivedAt, now);
  const since = at - new Date(alarm.raised_at).getTime();
  const { tone } = kindOf(alarm);
  return (
    <li className="grid grid-cols-[20px_minmax(0,1fr)] gap-x-3 border-t border-line py-3 first:border-t-0 first:pt-0 tablet:grid-cols-[20px_minmax(0,1fr)_auto]">
      <Glyph name={tone === "danger" ? "bad" : "warn"} className="mt-[3px]" />
      <div className="min-w-0">
        <p className="max-w-[66ch] font-semibold">{alarm.message}</p>
        <p className="max-w-[66ch] text-13 text-ink2">
          At risk: {atRisk(alarm)}. Open for <span title={utc(alarm.raised_at)}>{age(since)}</span>.
          {alarm.tried ? ` Tried: ${alarm.tried}.` : ""}
        </p>
        <p className="mt-1 max-w-[66ch]">{whatNext(alarm, at)}</p>
        <p className="mt-0.5 font-mono text-12 text-ink3">{alarm.kind}</p>
      </div>
      <div className="col-start-2 mt-2 flex flex-wrap items-baseline gap-x-4 gap-y-2 tablet:col-start-3 tablet:mt-0 tablet:flex-col tablet:items-end">
        {action}
        <Acknowledge alarm={alarm} />
        {alarm.position_id && !isAtHome ? (
          <Link className="quiet-link py-1 text-13 whitespace-nowrap text-ink2" to={`/positions/${alarm.position_id}`}>
            See the position
          </Link>
        ) : null}
      </div>
    </li>
  );
}

/** Seen by a person: the strip is silent about it, the row stays. */
export function Acknowledge({ alarm }: { alarm: AlarmEntry }) {
  const acknowledge = useAcknowledge();
  if (alarm.acknowledged_at !== null) {
    return (
      <span className="text-13 whitespace-nowrap text-ink3" title={utc(alarm.acknowledged_at)}>
        Acknowledged {moment(alarm.acknowledged_at)}
      </span>
    );
  }
  return (
    <>
      <Button size="small" disabled={acknowledge.isPending} onClick={() => acknowledge.mutate(alarm.id)}>
        Acknowledge
      </Button>
      {acknowledge.error ? (
        <div className="max-w-80">
          <FailureNote error={acknowledge.error}>It stays as loud as it was; nothing else changed.</FailureNote>
        </div>
      ) : null}
    </>
  );
}

/** One that is over. */
export function PastAlarm({ alarm }: { alarm: AlarmEntry }) {
  return (
    <li className="grid grid-cols-[20px_minmax(0,1fr)] gap-x-3 border-t border-line py-3 first:border-t-0">
      <Glyph name="ok" label="over" className="mt-[3px]" />
      <div className="min-w-0">
        <p className="max-w-[66ch]">{alarm.message}</p>
        <p className="max-w-[66ch] text-13 text-ink2">
          <span title={utc(alarm.raised_at)}>Raised {moment(alarm.raised_at)}</span>, over after {age(alarm.age_seconds * 1000)}.
          At risk was: {atRisk(alarm)}.{alarm.tried ? ` Tried: ${alarm.tried}.` : ""}{" "}
          <span className="font-mono text-12 text-ink3">{alarm.kind}</span>
        </p>
      </div>
    </li>
  );
}
