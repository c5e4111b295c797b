/** Status has a shape of its own, so that it reads without colour. */
import type { ReactNode } from "react";

export type GlyphName = "ok" | "no" | "wait" | "warn" | "bad";

const SHAPES: Record<GlyphName, { tone: string; shape: ReactNode }> = {
  ok: {
    tone: "text-income",
    shape: <path d="M3 8.6l3.3 3.2L13 4.6" fill="none" stroke="currentColor" strokeWidth="2.2" />,
  },
  no: {
    tone: "text-danger",
    shape: <path d="M3.5 3.5l9 9m0-9l-9 9" fill="none" stroke="currentColor" strokeWidth="2.2" />,
  },
  wait: {
    tone: "text-ink3",
    shape: (
      <>
        <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.8" />
        <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" />
      </>
    ),
  },
  warn: {
    tone: "text-cautiong",
    shape: (
      <>
        <path d="M8 1.6L15.2 14.4H.8z" fill="currentColor" />
        <path d="M8 6v4m0 1.4v1.6" stroke="var(--bg)" strokeWidth="1.7" />
      </>
    ),
  },
  bad: {
    tone: "text-danger",
    shape: (
      <>
        <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
        <path d="M8 4v5m0 1.6v1.8" stroke="var(--bg)" strokeWidth="1.8" />
      </>
    ),
  },
};

export function Glyph({ name, label, className = "" }: { name: GlyphName; label?: string; className?: string }) {
  const { tone, shape } = SHAPES[name];
  return (
    <svg
      viewBox="0 0 16 16"
      className={`inline-block size-4 flex-none align-[-3px] ${tone} ${className}`}
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    >
      {shape}
    </svg>
  );
}

/** The product's mark: a hatched leg, a solid leg, one line between. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 30 18" aria-hidden className="h-[18px] w-[30px] flex-none">
      <path d="M1 5.5h13v7H1z" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M2 12l6-6M5.5 12l6-6M9 12l5-5" stroke="currentColor" strokeWidth="1.2" />
      <path d="M15.5 4.8H29v8.4H15.5z" fill="currentColor" />
      <path d="M14.8 1v16" stroke="currentColor" strokeWidth="1.6" />
    </svg>
  );
}
