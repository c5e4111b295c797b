/** Accounts, venues and kinds of entries in words. */
import type { LedgerEntry } from "../../api/schema.gen";
import { SOURCE_ORDER } from "../../lib/attribution";
import { add, type Decimal, isZero } from "../../lib/decimal";

const ACCOUNTS: Record<string, string> = {
  "assets:arbitrum:wallet": "wallet on Arbitrum",
  "assets:solana:wallet": "wallet on Solana",
  "assets:hyperliquid:margin": "account on Hyperliquid",
  "expenses:fees:network": "network fees",
};

export function accountWords(account: string): string {
  return ACCOUNTS[account] ?? account;
}

/** What an entry changed: a result, or what the owner brought; null for money that only moved. */
export function effectOf(entry: LedgerEntry): Decimal | null {
  const isMove = isZero(entry.flow_usd) && SOURCE_ORDER.every((source) => isZero(entry.result[source]));
  return isMove ? null : add(entry.flow_usd, entry.result.total);
}
