/** Above every page while something is open that nobody has acknowledged; otherwise nothing. */
import { Link } from "react-router";
import { useNow } from "../../lib/use-now";
import { Glyph } from "../../ui/glyph";
import { useAlarms } from "./queries";
import { atRisk, kindOf, serverNow, unheeded, whatNext } from "./words";

const FRAME =
  "flex flex-wrap items-baseline gap-x-3 gap-y-0.5 border-b border-line px-4 py-2 text-13 tablet:px-6 wide:px-10";

export function AlarmStrip() {
  const alarms = useAlarms();
  const now = useNow();
  if (alarms.isError && alarms.data === undefined) {
    return (
      <p role="status" data-print="hide" className={`${FRAME} text-ink2`}>
        Whether anything is wrong is not known: the server does not say. We ask again.
      </p>
    );
  }
  const waiting = unheeded(alarms.data?.alarms ?? []);
  const worst = waiting[0];
  if (worst === undefined) return null;
  const { title, tone } = kindOf(worst);
  const isDanger = tone === "danger";
  const more = waiting.length - 1;
  return (
    <aside aria-label="Alarms" className={`${FRAME} ${isDanger ? "bg-dangerbg" : "bg-cautionbg"}`}>
      <p role={isDanger ? "alert" : "status"} className="min-w-0">
        <Glyph name={isDanger ? "bad" : "warn"} label={isDanger ? "alarm" : "caution"} className="mr-2" />
        <strong>{title}.</strong> At risk: {atRisk(worst)}.
      </p>
      <p className="min-w-0 text-ink2">{whatNext(worst, serverNow(worst, alarms.dataUpdatedAt, now))}</p>
      <Link
        className="quiet-link py-0.5 whitespace-nowrap wide:ml-auto"
        to={more === 0 && worst.position_id ? `/positions/${worst.position_id}` : "/#alarms"}
      >
        {more === 0 ? "See it" : `See it and ${more} more`}
      </Link>
    </aside>
  );
}
