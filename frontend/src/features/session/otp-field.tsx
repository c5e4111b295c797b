/** Six boxes, one code: typing moves on, Backspace moves back, pasting fills all. */
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef } from "react";

export const CODE_LENGTH = 6;

interface OtpFieldProps {
  value: string;
  onChange: (value: string) => void;
  disabled?: boolean;
  isWrong?: boolean;
}

export function OtpField({ value, onChange, disabled, isWrong }: OtpFieldProps) {
  const boxes = useRef<(HTMLInputElement | null)[]>([]);
  useEffect(() => boxes.current[0]?.focus(), []);
  const focus = (index: number) => boxes.current[Math.max(0, Math.min(CODE_LENGTH - 1, index))]?.focus();

  const put = (index: number, typed: string) => {
    const digits = typed.replace(/\D/g, "");
    if (!digits) return;
    const next = (value.slice(0, index) + digits + value.slice(index + digits.length)).slice(0, CODE_LENGTH);
    onChange(next);
    focus(index + digits.length);
  };
  const press = (index: number, event: KeyboardEvent) => {
    if (event.key === "Backspace") {
      event.preventDefault();
      const at = value[index] ? index : index - 1;
      if (at >= 0) onChange(value.slice(0, at));
      focus(at);
    }
    if (event.key === "ArrowLeft") focus(index - 1);
    if (event.key === "ArrowRight") focus(Math.min(index + 1, value.length));
  };
  const paste = (event: ClipboardEvent) => {
    event.preventDefault();
    put(0, event.clipboardData.getData("text"));
  };

  return (
    <fieldset disabled={disabled} className="m-0 border-0 p-0">
      <legend className="sr-only">Six-digit code</legend>
      <div className="grid grid-cols-6 gap-2">
        {Array.from({ length: CODE_LENGTH }, (_, index) => (
          <input
            key={index}
            ref={(element) => {
              boxes.current[index] = element;
            }}
            aria-label={`Digit ${index + 1}`}
            aria-invalid={isWrong || undefined}
            inputMode="numeric"
            autoComplete={index === 0 ? "one-time-code" : "off"}
            value={value[index] ?? ""}
            onChange={(event) => put(index, event.target.value.slice(value[index] ? -1 : 0) || "")}
            onKeyDown={(event) => press(index, event)}
            onPaste={paste}
            onFocus={(event) => event.target.select()}
            className={`h-14 w-full rounded-box border bg-bg text-center text-24 font-medium text-ink ${isWrong ? "border-danger" : "border-edge"}`}
          />
        ))}
      </div>
    </fieldset>
  );
}
