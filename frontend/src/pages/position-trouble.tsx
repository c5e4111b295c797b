/** On a position's page: what is wrong with it, what was tried, what happens next, one button. */
import type { ReactNode } from "react";
import type { AlarmEntry, PositionResponse } from "../api/schema.gen";
import { Acknowledge } from "../features/alarms/alarm-row";
import { PositionAlarms } from "../features/alarms/alarms-section";
import { atRisk, serverNow, whatNext } from "../features/alarms/words";
import { stateWords } from "../features/positions/words";
import { age, utc } from "../lib/time";
import { useNow } from "../lib/use-now";
import { Button } from "../ui/button";
import { Glyph } from "../ui/glyph";
import { NoData } from "../ui/numbers";
import { Section } from "../ui/section";

interface Trouble {
  /** The alarm that belongs to the state. */
  alarm: string;
  sentence: string;
  tone: "danger" | "caution";
  button: string;
  /** What happens next when no alarm says so. */
  next: string;
}

const TROUBLES: Record<string, Trouble> = {
  stuck_unwind: {
    alarm: "stuck_unwind",
    sentence: "This position could not be closed. What is left moves with the price.",
    tone: "danger",
    button: "Try closing again",
    next: "Nothing more is done by itself: close the position again.",
  },
  quarantined: {
    alarm: "book_mismatch",
    sentence: "What the venue says of this position is not what our books say. Nothing but closing is done with it.",
    tone: "caution",
    button: "Close position",
    next: "When both agree again, it is held as before.",
  },
};

interface PositionTroubleProps {
  position: PositionResponse;
  receivedAt: number;
  onClose: () => void;
}

export function PositionTrouble({ position, receivedAt, onClose }: PositionTroubleProps) {
  const trouble = TROUBLES[position.state];
  const own = position.alarms.find((alarm) => alarm.kind === trouble?.alarm);
  const others = position.alarms.filter((alarm) => alarm !== own);
  return (
    <>
      {trouble ? (
        <Section title="What is wrong">
          <div className="grid grid-cols-[20px_minmax(0,1fr)] gap-x-3">
            <Glyph name={trouble.tone === "danger" ? "bad" : "warn"} className="mt-[3px]" />
            <div className="min-w-0">
              <p className="max-w-measure font-semibold">{trouble.sentence}</p>
              <Facts position={position} alarm={own} receivedAt={receivedAt} next={trouble.next} />
              <div className="mt-4 flex flex-wrap items-baseline gap-x-4 gap-y-2">
                {position.job_id === null ? (
                  <Button kind="main" onClick={onClose}>{trouble.button}</Button>
                ) : (
                  <span className="text-13 text-ink2">It is being worked on; the steps are below.</span>
                )}
                {own ? <Acknowledge alarm={own} /> : null}
              </div>
              {position.failure ? <p className="mt-3 font-mono text-12 text-ink3">{position.failure.code}</p> : null}
            </div>
          </div>
        </Section>
      ) : null}
      <PositionAlarms alarms={others} receivedAt={receivedAt} />
    </>
  );
}

interface FactsProps {
  position: PositionResponse;
  alarm: AlarmEntry | undefined;
  receivedAt: number;
  next: string;
}

function Facts({ position, alarm, receivedAt, next }: FactsProps) {
  const now = useNow();
  const at = alarm ? serverNow(alarm, receivedAt, now) : now;
  const rows: [string, ReactNode][] = [
    ["State", stateWords(position)],
    ["Reason", position.failure?.message ?? alarm?.message ?? <NoData reason="No reason was recorded." />],
    ["At risk", alarm ? atRisk(alarm) : <NoData reason="It has not been worked out yet." />],
    [
      "Since",
      alarm ? (
        <span title={utc(alarm.raised_at)}>{age(at - new Date(alarm.raised_at).getTime())}</span>
      ) : (
        <NoData reason="No alarm has been recorded for it yet." />
      ),
    ],
    ...(position.state === "stuck_unwind" || alarm?.tried
      ? [["Tried", alarm?.tried ?? <NoData reason="No attempt was recorded." />] as [string, ReactNode]]
      : []),
    ["Next", alarm ? whatNext(alarm, at) : next],
  ];
  return (
    <dl className="mt-3 grid max-w-[78ch] grid-cols-[auto_minmax(0,1fr)]">
      {rows.map(([label, value], index) => {
        const rule = index === 0 ? "" : "border-t border-line";
        return (
          <div key={label} className="contents">
            <dt className={`py-[7px] pr-6 text-ink2 ${rule}`}>{label}</dt>
            <dd className={`py-[7px] ${rule}`}>{value}</dd>
          </div>
        );
      })}
    </dl>
  );
}
