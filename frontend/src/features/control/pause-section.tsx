/** Whether opening is allowed, who has paused it, and the person's own pause. */
import { type FormEvent, useState } from "react";
import type { ControlResponse, PauseEntry } from "../../api/schema.gen";
import { moment, utc } from "../../lib/time";
import { Async } from "../../ui/async";
import { FailureNote } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Glyph } from "../../ui/glyph";
import { Hint } from "../../ui/section";
import { useControl, usePause, useResume } from "./queries";
import { endedBy, isStop, setter } from "./words";

const REASON_MAX = 200;

export function PauseControls() {
  const control = useControl();
  return (
    <Async answer={control} asking="Asking the server what is allowed." means="Whether opening is paused is not known; closing works in any case." lines={2}>
      {(known) => <Known control={known} />}
    </Async>
  );
}

function Known({ control }: { control: ControlResponse }) {
  const isMine = control.pauses.some((pause) => pause.can_lift);
  return (
    <div className="max-w-measure">
      <p>
        <Glyph name={control.may_open ? "ok" : "warn"} className="mr-2" />
        <strong>{control.may_open ? "Opening is allowed." : "Opening is paused."}</strong>{" "}
        {control.may_open ? "Positions can be opened and closed." : "What is open stays defended. Closing always works."}
      </p>
      {control.pauses.length > 0 ? (
        <ul aria-label="Pauses" className="mt-3">
          {control.pauses.map((pause) => (
            <PauseRow key={`${pause.by}-${String(pause.is_for_everybody)}`} pause={pause} />
          ))}
        </ul>
      ) : null}
      <div className="mt-4">{isMine ? <Resume /> : <PauseForm />}</div>
    </div>
  );
}

function PauseRow({ pause }: { pause: PauseEntry }) {
  return (
    <li className="border-t border-line py-2">
      <p>
        <strong>{setter(pause)}</strong>, since <time dateTime={pause.since} title={utc(pause.since)}>{moment(pause.since)}</time>:{" "}
        <span className="break-words">{pause.reason}</span>
      </p>
      <p className="text-13 text-ink2">
        {isStop(pause) ? "This is an emergency stop: what opens meanwhile is closed too. " : ""}
        {endedBy(pause)}
      </p>
    </li>
  );
}

function Resume() {
  const resume = useResume();
  return (
    <>
      <Button disabled={resume.isPending} onClick={() => resume.mutate()}>Resume opening</Button>
      <Hint>Nothing is opened by that; it only becomes possible again.</Hint>
      {resume.error ? <FailureNote error={resume.error}>Opening stays paused.</FailureNote> : null}
    </>
  );
}

function PauseForm() {
  const pause = usePause();
  const [reason, setReason] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!pause.isPending) pause.mutate(reason.trim() || "Paused from the dashboard");
  };
  return (
    <form onSubmit={send} className="grid gap-3">
      <Field
        label="Why, for whoever reads it later (may stay empty)"
        maxLength={REASON_MAX}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        hint="A pause forbids opening until you resume. Nothing that is open is touched."
      />
      <Button type="submit" className="justify-self-start" disabled={pause.isPending}>Pause opening</Button>
      {pause.error ? <FailureNote error={pause.error}>Opening is as it was: pausing twice does no harm, so you can press again.</FailureNote> : null}
    </form>
  );
}
