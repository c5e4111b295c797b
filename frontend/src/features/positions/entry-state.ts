/** What the open form holds: an amount as typed, a choice of lender, a leverage. */
import { useState } from "react";
import type { EntryRequest, LenderRate, LimitsConfig } from "../../api/schema.gen";
import { compare, type Decimal, isDecimal, smallest, divide, subtract, floored, typedAmount } from "../../lib/decimal";
import { money } from "../../lib/format";

export interface Choice {
  protocol: number;
  asset: string;
}

/** The first lender that can be had; the API lists the best first. */
function firstOf(lenders: LenderRate[] | undefined): Choice | null {
  const first = lenders?.find((lender) => lender.is_enabled && !lender.unavailable);
  return first ? { protocol: first.protocol, asset: first.asset } : null;
}

/**
 * Begins with the best lender and the usual leverage as they are when rates first arrive, and
 * keeps both until a person chooses: what is about to be bought never changes by itself.
 */
export function useEntryState(usualLeverage: Decimal, lenders: LenderRate[] | undefined) {
  const [sizeText, setSizeText] = useState("1000.00");
  const [choice, setChoice] = useState<Choice | null>(null);
  const [chosen, setLeverage] = useState<Decimal | null>(null);
  const first = firstOf(lenders);
  if (choice === null && first !== null) {
    setChoice(first);
    if (chosen === null) setLeverage(usualLeverage);
  }
  return { sizeText, setSizeText, choice, setChoice, leverage: chosen ?? usualLeverage, setLeverage };
}

/** What is wrong with a typed amount, or null. */
export function wrongSize(text: string, limits: LimitsConfig): string | null {
  const size = typedAmount(text);
  if (size === null) return "This is not an amount yet.";
  if (compare(size, limits.size_min_usd) < 0) return `At least ${money(limits.size_min_usd)}.`;
  if (compare(size, limits.size_max_usd) > 0) return `At most ${money(limits.size_max_usd)}.`;
  return null;
}

export function entryOf(sizeText: string, choice: Choice | null, leverage: Decimal, limits: LimitsConfig): EntryRequest | null {
  const size = typedAmount(sizeText);
  if (size === null || choice === null || wrongSize(sizeText, limits) !== null) return null;
  return { asset: choice.asset, protocol: choice.protocol, size_usd: size, leverage };
}

/** The most capital both venues together can carry now, in whole dollars; null while unknown. */
export function mostCapital(solana: Decimal | null | undefined, hyperliquid: Decimal | null | undefined, share: Decimal): Decimal | null {
  if (!isDecimal(solana) || !isDecimal(hyperliquid)) return null;
  const onSolana = divide(solana, share);
  const onHyperliquid = divide(hyperliquid, subtract("1", share));
  if (onSolana === null || onHyperliquid === null) return null;
  return floored(smallest(onSolana, onHyperliquid), 0);
}
