/** What the open form holds: an amount as typed, a choice of lender, a leverage. */
import { useState } from "react";
import type { EntryRequest, LenderRate, LimitsConfig, SettingsResponse } from "../../api/schema.gen";
import { compare, type Decimal, isDecimal, smallest, divide, subtract, floored, typedAmount } from "../../lib/decimal";
import { amountText, money } from "../../lib/format";

export interface Choice {
  protocol: number;
  asset: string;
}

/** The best lender that can be had for the asset, or for any; the API lists the best first. */
function firstOf(lenders: LenderRate[] | undefined, asset: string | undefined): Choice | null {
  const able = lenders?.filter((lender) => lender.is_enabled && !lender.unavailable) ?? [];
  const first = able.find((lender) => lender.asset === asset) ?? able[0];
  return first ? { protocol: first.protocol, asset: first.asset } : null;
}

/** What a person said new positions begin with. */
export type Preferred = Pick<SettingsResponse, "default_asset" | "default_size_usd">;

/**
 * Begins with the amount and asset the person prefers (null: none known, and no amount), its best
 * lender and the usual leverage as they are when rates first arrive, and keeps them until a person
 * chooses: what is about to be bought never changes by itself.
 */
export function useEntryState(usualLeverage: Decimal, lenders: LenderRate[] | undefined, preferred: Preferred | null) {
  const [sizeText, setSizeText] = useState(preferred === null ? "" : amountText(preferred.default_size_usd));
  const [choice, setChoice] = useState<Choice | null>(null);
  const [chosen, setLeverage] = useState<Decimal | null>(null);
  const first = firstOf(lenders, preferred?.default_asset);
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
