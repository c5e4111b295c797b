/** Inputs: a label above, the unit inside, what it leads to below. */
import { type InputHTMLAttributes, type ReactNode, useId } from "react";
import { Hint } from "./section";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: ReactNode;
  before?: ReactNode;
  after?: ReactNode;
  hint?: ReactNode;
  /** What is wrong with it; replaces the hint. */
  wrong?: ReactNode;
}

export function Field({ label, before, after, hint, wrong, ...input }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const frame = wrong ? "border-danger shadow-[inset_3px_0_0_var(--danger)]" : "border-edge";
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-13 font-semibold">
        {label}
      </label>
      <div
        className={`flex min-h-11 items-center gap-1.5 rounded-box border bg-surface px-3 focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-focus ${frame}`}
      >
        {before ? <span className="text-[0.9em] text-ink3">{before}</span> : null}
        <input
          id={id}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong || hint ? noteId : undefined}
          {...input}
          className="min-w-0 flex-1 bg-transparent py-1.5 text-18 font-medium outline-0 placeholder:text-ink3 focus-visible:outline-0"
        />
        {after ? <span className="text-[0.9em] whitespace-nowrap text-ink3">{after}</span> : null}
      </div>
      {wrong ? (
        <Hint id={noteId} tone="danger">
          {wrong}
        </Hint>
      ) : hint ? (
        <Hint id={noteId}>{hint}</Hint>
      ) : null}
    </div>
  );
}

export function Checkbox({ label, checked, onChange }: { label: ReactNode; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label className="flex min-h-11 items-center gap-2.5 tablet:min-h-8">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        className="size-[18px] accent-ink"
      />
      {label}
    </label>
  );
}
