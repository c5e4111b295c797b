/** Accounts, venues and kinds of entries in words. */
import type { LedgerEntry } from "../../api/schema.gen";
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

/** What an entry brought: a result, or what the owner moved. */
export function effectOf(entry: LedgerEntry): Decimal {
  return isZero(entry.flow_usd) ? entry.result.total : add(entry.flow_usd, entry.result.total);
}
