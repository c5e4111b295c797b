/** Whether free money may be used to defend a leg, and how much of it. */
import { type FormEvent, useState } from "react";
import type { MoveConsentResponse } from "../../api/schema.gen";
import { money } from "../../lib/format";
import { Async } from "../../ui/async";
import { FailureNote } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Checkbox, Field } from "../../ui/field";
import { Hint } from "../../ui/section";
import { useAllowMoves, useMoves } from "./queries";

export function MovesControls() {
  const moves = useMoves();
  return (
    <Async answer={moves} asking="Asking the server what may be moved." means="Nothing is moved while this is not known." lines={3}>
      {(known) => <Known key={known.changed_at ?? ""} moves={known} />}
    </Async>
  );
}

function Known({ moves }: { moves: MoveConsentResponse }) {
  const allow = useAllowMoves();
  const [isGiven, setGiven] = useState(moves.is_given);
  const [perMove, setPerMove] = useState(moves.per_move_usd);
  const [perDay, setPerDay] = useState(moves.per_day_usd);
  const [mayCross, setMayCross] = useState(moves.may_cross);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    allow.mutate({ is_given: isGiven, per_move_usd: perMove.trim(), per_day_usd: perDay.trim(), may_cross: mayCross });
  };
  return (
    <form onSubmit={submit} className="grid max-w-measure gap-4">
      <p>
        {moves.is_given
          ? `Free USDC may defend a leg: up to ${money(moves.per_move_usd)} at once and ${money(moves.per_day_usd)} a day.`
          : "Free USDC stays where it is. A leg near liquidation is defended by cutting both legs."}
      </p>
      <Checkbox label="Let free USDC make such a cut smaller" checked={isGiven} onChange={setGiven} />
      {moves.can_cross ? <Checkbox label="Also carry what one leg can spare to the other’s chain" checked={mayCross} onChange={setMayCross} /> : null}
      <div className="grid grid-cols-1 gap-4 tablet:grid-cols-2">
        <Field label="At most at once" before="$" inputMode="decimal" value={perMove} onChange={(event) => setPerMove(event.target.value)} />
        <Field label="At most a day" before="$" inputMode="decimal" value={perDay} onChange={(event) => setPerDay(event.target.value)} />
      </div>
      <Hint>{hint(moves.can_cross)}</Hint>
      {allow.error ? <FailureNote error={allow.error} /> : null}
      <div>
        <Button type="submit" disabled={allow.isPending}>Save</Button>
      </div>
    </form>
  );
}

function hint(canCross: boolean): string {
  const free = "Only money that is free at the venue of the leg that needs it, and no leg is topped up without a cut.";
  if (!canCross) return `${free} Nothing crosses a bridge.`;
  return `${free} Between the chains USDC goes over Circle’s protocol, for about 25 minutes from Hyperliquid and less to it, longer when the bridge is stuck; the cut does not wait for it.`;
}
