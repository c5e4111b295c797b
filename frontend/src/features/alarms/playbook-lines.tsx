/** What has failed outside, what we do meanwhile, and what it may cost at most; otherwise nothing. */
import type { PlaybookEntry } from "../../api/schema.gen";
import { counted, money } from "../../lib/format";
import { age, utc } from "../../lib/time";
import { useNow } from "../../lib/use-now";
import { Glyph } from "../../ui/glyph";
import { usePlaybooks } from "./queries";

export function PlaybookLines() {
  const playbooks = usePlaybooks();
  const now = useNow();
  if (playbooks.data === undefined) return null;
  const passed = Math.max(0, now - playbooks.dataUpdatedAt);
  const active = playbooks.data.playbooks.filter((one) => one.is_active);
  if (active.length === 0) return null;
  return (
    <ul aria-label="What has failed outside" className="mb-3">
      {active.map((one) => (
        <Line key={one.name} playbook={one} stoodMs={(one.age_seconds ?? 0) * 1000 + passed} />
      ))}
    </ul>
  );
}

function Line({ playbook, stoodMs }: { playbook: PlaybookEntry; stoodMs: number }) {
  const { title, seen, since, done, forbidden, remains, ends, loss_max: formula, loss_max_usd: most } = playbook;
  return (
    <li className="grid grid-cols-[20px_minmax(0,1fr)] gap-x-3 border-t border-line py-3 first:border-t-0 first:pt-0">
      <Glyph name="warn" label="caution" className="mt-[3px]" />
      <div className="min-w-0 max-w-[66ch]">
        <p className="font-semibold">
          {title}
          {since === null ? null : <span className="font-normal text-ink2" title={utc(since)}> for {age(stoodMs)}</span>}
        </p>
        {seen === null ? null : <p className="text-13 text-ink2">{seen}</p>}
        <p className="mt-1">{done[0]}</p>
        <p className="text-13 text-ink2">
          Not possible now: {forbidden.join(" ")} Over when: {ends}
        </p>
        <p className="text-13 text-ink2">
          <span title={formula}>It may cost you at most {most === null ? "an amount that is not known yet" : money(most)}.</span>
          {remains.length > 0 ? ` ${counted(remains.length, "position")} of yours ${remains.length === 1 ? "is" : "are"} between two states.` : ""}
        </p>
      </div>
    </li>
  );
}
