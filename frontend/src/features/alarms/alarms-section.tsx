/** What is wrong now, and below it, folded, what was. */
import { type ReactNode, useEffect } from "react";
import { useLocation } from "react-router";
import type { AlarmEntry, AlarmsResponse } from "../../api/schema.gen";
import { counted } from "../../lib/format";
import { Async, Empty } from "../../ui/async";
import { Section } from "../../ui/section";
import { AlarmRow, PastAlarm } from "./alarm-row";
import { PlaybookLines } from "./playbook-lines";
import { useAlarms } from "./queries";
import { worstFirst } from "./words";

const ID = "alarms";

export function AlarmsSection() {
  const alarms = useAlarms();
  const { hash, key } = useLocation();
  useEffect(() => {
    if (hash === `#${ID}`) document.getElementById(ID)?.scrollIntoView({ block: "center" });
  }, [hash, key]);
  const open = worstFirst(alarms.data?.alarms ?? []);
  const past = alarms.data?.alarms.filter((alarm) => !alarm.is_open) ?? [];
  return (
    <Section id={ID} title="Alarms" meta={alarms.data ? (open.length > 0 ? `${open.length} open` : "none open") : undefined}>
      <PlaybookLines />
      <Async<AlarmsResponse>
        answer={alarms}
        asking="Asking the server whether anything is wrong."
        means="Whether anything is wrong is not known. Positions are watched all the same."
        lines={2}
      >
        {() =>
          open.length > 0 ? (
            <Rows alarms={open} receivedAt={alarms.dataUpdatedAt} />
          ) : (
            <Empty>Nothing needs you. What does would stand here and at the top of every page.</Empty>
          )
        }
      </Async>
      {past.length > 0 ? (
        <details className="mt-3">
          <summary className="w-fit cursor-pointer py-1 text-13 text-ink2">{counted(past.length, "alarm")} that {past.length === 1 ? "is" : "are"} over</summary>
          <ul className="mt-2">
            {past.map((alarm) => (
              <PastAlarm key={alarm.id} alarm={alarm} />
            ))}
          </ul>
        </details>
      ) : null}
    </Section>
  );
}

interface RowsProps {
  alarms: AlarmEntry[];
  receivedAt: number;
}

function Rows({ alarms, receivedAt }: RowsProps) {
  return (
    <ul aria-label="Open alarms">
      {alarms.map((alarm) => (
        <AlarmRow key={alarm.id} alarm={alarm} receivedAt={receivedAt} />
      ))}
    </ul>
  );
}

/** The open alarms of one position, on its own page. */
export function PositionAlarms({ alarms, receivedAt, action }: RowsProps & { action?: (alarm: AlarmEntry) => ReactNode }) {
  const open = worstFirst(alarms);
  if (open.length === 0) return null;
  return (
    <Section title={open.length === 1 ? "What is wrong" : "What is wrong, worst first"}>
      <ul aria-label="Alarms of this position">
        {open.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} receivedAt={receivedAt} isAtHome action={action?.(alarm)} />
        ))}
      </ul>
    </Section>
  );
}
