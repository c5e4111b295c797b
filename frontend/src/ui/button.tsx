/** Buttons are ink; the only filled one moves things forward. */
import type { ButtonHTMLAttributes } from "react";
import { Link, type LinkProps } from "react-router";

type Kind = "plain" | "main" | "danger";
interface Look {
  kind?: Kind;
  size?: "normal" | "small";
  wide?: boolean;
}

const BASE =
  "inline-flex items-center justify-center gap-2 rounded-box border font-semibold leading-none no-underline " +
  "whitespace-nowrap transition-colors disabled:border-sunken disabled:bg-sunken disabled:text-ink3";
const KINDS: Record<Kind, string> = {
  plain: "border-edge text-ink hover:bg-sunken",
  main: "border-ink bg-ink text-bg hover:bg-ink2 hover:border-ink2",
  danger: "border-danger text-danger hover:bg-dangerbg",
};

function looks({ kind = "plain", size = "normal", wide = false }: Look): string {
  const height = wide
    ? "w-full min-h-12 px-4 text-15"
    : size === "small"
      ? "min-h-11 tablet:min-h-8 px-3 text-13"
      : "min-h-11 tablet:min-h-10 px-4 text-15";
  return `${BASE} ${KINDS[kind]} ${height}`;
}

export function Button({ kind, size, wide, className = "", ...rest }: Look & ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type="button" {...rest} className={`${looks({ kind, size, wide })} ${className}`} />;
}

export function ButtonLink({ kind, size, wide, className = "", ...rest }: Look & LinkProps) {
  return <Link {...rest} className={`${looks({ kind, size, wide })} ${className}`} />;
}

export function QuietButton({ className = "", ...rest }: ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      className={`quiet-link py-1 whitespace-nowrap text-ink2 hover:text-ink disabled:text-ink3 disabled:no-underline ${className}`}
    />
  );
}
