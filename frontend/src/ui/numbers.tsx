/** The only components that print numbers. Unknown is never zero. */
import { useState } from "react";
import { compare, type Decimal, isDecimal, rounded } from "../lib/decimal";
import * as format from "../lib/format";
import { age as ageText, type Feed, freshness, utc } from "../lib/time";
import { useNow } from "../lib/use-now";
import { Glyph } from "./glyph";

type Maybe = Decimal | null | undefined;
/** "flow" colours by sign; "ink" never does (price residual, balances). */
export type Tone = "flow" | "ink";

export function NoData({ reason = "No figure has been received." }: { reason?: string }) {
  return (
    <span tabIndex={0} title={reason} className="cursor-help border-b border-dotted border-edge text-ink3">
      no data<span className="sr-only">: {reason}</span>
    </span>
  );
}

function toneOf(value: Decimal, places: number, tone: Tone): string {
  if (tone === "ink") return "";
  const sign = compare(rounded(value, places), "0");
  return sign > 0 ? "text-income" : sign < 0 ? "text-cost" : "";
}

function Changing({ text, spoken, className }: { text: string; spoken?: string; className: string }) {
  const [first] = useState(text);
  return (
    <span key={text} className={`whitespace-nowrap ${className} ${text === first ? "" : "changed-once"}`}>
      {spoken ? (
        <>
          <span aria-hidden>{text}</span>
          <span className="sr-only">{spoken}</span>
        </>
      ) : (
        text
      )}
    </span>
  );
}

interface MoneyProps {
  value: Maybe;
  sign?: format.Sign;
  tone?: Tone;
  places?: number;
  reason?: string;
}

/** Dollars. A flow has a sign and a colour, a balance neither. */
export function Money({ value, sign = "balance", tone, places = 2, reason }: MoneyProps) {
  if (!isDecimal(value)) return <NoData reason={reason} />;
  const shade = toneOf(value, places, tone ?? (sign === "flow" ? "flow" : "ink"));
  return (
    <Changing
      text={format.money(value, sign, places)}
      spoken={places === 2 ? format.spokenMoney(value, sign) : undefined}
      className={shade}
    />
  );
}

/** An amount of a token: "56.95 SOL". */
export function Amount({ value, unit, sign = "balance", reason }: { value: Maybe; unit: string; sign?: format.Sign; reason?: string }) {
  if (!isDecimal(value)) return <NoData reason={reason} />;
  return <Changing text={format.amount(value, unit, sign)} className="" />;
}

/** A fraction as percent: two decimals for venues' rates, one for what we derive from them. */
export function Rate({ value, places = 1, sign = "balance", tone, reason }: MoneyProps) {
  if (!isDecimal(value)) return <NoData reason={reason} />;
  const shade = toneOf(value, places + 2, tone ?? (sign === "flow" ? "flow" : "ink"));
  return (
    <Changing
      text={format.percent(value, places, sign)}
      spoken={format.spokenPercent(value, places)}
      className={shade}
    />
  );
}

export function Multiple({ value, reason }: { value: Maybe; reason?: string }) {
  if (!isDecimal(value)) return <NoData reason={reason} />;
  return <Changing text={format.leverage(value)} className="" />;
}

/** How old a figure is; a stale one gets a triangle and weight. */
export function Age({ at, feed, suffix = "" }: { at: string | number | null | undefined; feed: Feed; suffix?: string }) {
  const now = useNow();
  if (at === null || at === undefined) return <NoData reason="Nothing has been received yet." />;
  const past = now - new Date(at).getTime();
  const isFresh = freshness(feed, past) === "fresh";
  return (
    <span
      title={utc(at)}
      className={`text-13 whitespace-nowrap ${isFresh ? "text-ink3" : "font-semibold text-caution"}`}
    >
      {isFresh ? null : <Glyph name="warn" label="stale" className="mr-1" />}
      {ageText(past)}
      {suffix}
    </span>
  );
}

/** Dims a stale figure and replaces a forgotten one. */
export function Aging({ at, feed, children }: { at: string | number | null | undefined; feed: Feed; children: React.ReactNode }) {
  const now = useNow();
  const state = freshness(feed, at === null || at === undefined ? null : now - new Date(at).getTime());
  if (state === "forgotten") {
    return <NoData reason={at ? `The last figure is from ${utc(at)}.` : "Nothing has been received yet."} />;
  }
  return state === "fresh" ? children : <span className="opacity-100 [&_*]:text-ink3 text-ink3">{children}</span>;
}

/** A figure that must not be decided on: it stays, marked, with what speaks against it. */
export function Doubt({ quality, children }: { quality: { state: string; reason: string | null }; children: React.ReactNode }) {
  if (quality.state !== "disputed") return children;
  return (
    <span className="text-ink3 [&_*]:text-ink3" title={quality.reason ?? undefined}>
      <Glyph name="warn" label="disputed" className="mr-1 !text-caution" />
      {children}
    </span>
  );
}
