/** An input inside a sentence, and a list of such sentences with what each leads to at the right. */
import type { InputHTMLAttributes, ReactNode } from "react";

interface SentenceInputProps extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  before?: ReactNode;
  after?: ReactNode;
  isWrong?: boolean;
  /** Room for so many digits. */
  digits?: number;
}

export function SentenceInput({ name, before, after, isWrong = false, digits = 5, ...input }: SentenceInputProps) {
  return (
    <span
      className={`mx-1 inline-flex min-h-11 items-baseline gap-0.5 border-b-2 px-1 whitespace-nowrap focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-focus tablet:min-h-8 ${isWrong ? "border-danger" : "border-ink"}`}
    >
      {before ? <span className="text-ink3">{before}</span> : null}
      <input
        aria-label={name}
        aria-invalid={isWrong || undefined}
        inputMode="decimal"
        autoComplete="off"
        size={digits}
        {...input}
        className="bg-transparent py-1.5 text-18 font-medium outline-0 placeholder:text-ink3 focus-visible:outline-0 tablet:py-0.5"
        style={{ width: `${digits}ch` }}
      />
      {after ? <span className="text-ink3">{after}</span> : null}
    </span>
  );
}

export function SentenceSelect({ name, value, options, onChange }: { name: string; value: string; options: string[]; onChange: (value: string) => void }) {
  return (
    <select
      aria-label={name}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="mx-1 min-h-11 border-b-2 border-ink bg-bg px-1 text-18 font-medium tablet:min-h-8"
    >
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  );
}

export function Sentences({ children }: { children: ReactNode }) {
  return <ul className="@container border-t border-line">{children}</ul>;
}

/** One sentence; `effect` is what it means at present, `wrong` what must be mended. */
export function Sentence({ children, effect, wrong }: { children: ReactNode; effect?: ReactNode; wrong?: string | null }) {
  return (
    <li className="grid gap-x-6 gap-y-1 border-b border-line py-2.5 @xl:grid-cols-[minmax(0,1fr)_minmax(0,18rem)] @xl:items-baseline">
      <span className="leading-9 tablet:leading-8">{children}</span>
      {wrong ? (
        <span role="alert" className="text-13 text-danger">
          {wrong}
        </span>
      ) : (
        <span className="text-13 text-ink2">{effect}</span>
      )}
    </li>
  );
}
