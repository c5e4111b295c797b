/** Every position with what leaving does to it, what comes back and what that costs. */
import type { PositionResponse } from "../../api/schema.gen";
import { type Decimal, negate } from "../../lib/decimal";
import { Money } from "../../ui/numbers";
import { broughtBack, fate, isTaken } from "./leaving";
import { title } from "./words";

interface LeavingListProps {
  positions: PositionResponse[];
  costs: (Decimal | null)[];
  isEmergency?: boolean;
}

export function LeavingList({ positions, costs, isEmergency = false }: LeavingListProps) {
  const back = broughtBack(positions, costs, isEmergency);
  const unknown = "It cannot be estimated right now.";
  return (
    <>
      <ul aria-label="What is closed">
        {positions.map((position, index) => (
          <li key={position.id} className="border-t border-line py-2.5 first:border-t-0">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <strong>{title(position)}, {position.protocol_name}</strong>
              {isEmergency || isTaken(position) ? <Money value={position.equity_usd} reason="A leg has not been heard of." /> : null}
            </div>
            <div className="flex flex-wrap items-baseline justify-between gap-x-4 text-13 text-ink2">
              <span className="max-w-[52ch]">{fate(position, isEmergency)}</span>
              {isEmergency || isTaken(position) ? (
                <span>
                  costs about <Money value={costs[index] ? negate(costs[index]) : null} sign="flow" reason={unknown} />
                </span>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
      <p className="flex items-baseline justify-between gap-4 border-t border-ink py-2.5 font-semibold">
        <span>You get back, about</span>
        <Money value={back} reason="A part of it is not known." />
      </p>
    </>
  );
}
