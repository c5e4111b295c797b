/** The six parts every result is the sum of. */
import { add, addingToTheCent, type Decimal } from "./decimal";

export interface Attribution {
  funding: Decimal;
  staking: Decimal;
  lending: Decimal;
  borrowing: Decimal;
  fees: Decimal;
  residual: Decimal;
}
export type Source = keyof Attribution;

interface SourceWords {
  name: string;
  short: string;
  from: string;
  /** Text colour class; the drawing uses the variable of the same name. */
  tone: string;
  color: string;
  takes: boolean;
}

export const SOURCES: Record<Source, SourceWords> = {
  funding: { name: "Funding", short: "Funding", from: "paid by longs on Hyperliquid", tone: "text-funding", color: "var(--funding)", takes: false },
  staking: { name: "Staking", short: "Staking", from: "the staked token grows in SOL", tone: "text-staking", color: "var(--staking)", takes: false },
  lending: { name: "Lending", short: "Lending", from: "the lender pays on collateral", tone: "text-lending", color: "var(--lending)", takes: false },
  borrowing: { name: "Borrowing", short: "Borrowing", from: "USDC from the lender", tone: "text-borrow", color: "var(--borrow)", takes: true },
  fees: { name: "Fees and slippage", short: "Fees", from: "Asgard, swaps, Hyperliquid, networks", tone: "text-fees", color: "var(--fees)", takes: true },
  residual: { name: "Price residual", short: "Residual", from: "the two venues’ prices differ a little", tone: "text-residual", color: "var(--residual)", takes: false },
};
export const SOURCE_ORDER: Source[] = ["funding", "staking", "lending", "borrowing", "fees", "residual"];

/** Parts and total in cents, adding up; rounding goes into the residual. */
export function toTheCent(parts: Attribution, total: Decimal): { source: Source; value: Decimal }[] {
  const cents = addingToTheCent(SOURCE_ORDER.map((source) => parts[source]), total, SOURCE_ORDER.indexOf("residual"));
  return SOURCE_ORDER.map((source, index) => ({ source, value: cents[index] ?? "0" }));
}

export function together(all: Attribution[]): Attribution {
  const sum = (source: Source) => add(...all.map((one) => one[source]));
  return { funding: sum("funding"), staking: sum("staking"), lending: sum("lending"), borrowing: sum("borrowing"), fees: sum("fees"), residual: sum("residual") };
}

export function net(parts: Attribution): Decimal {
  return add(...SOURCE_ORDER.map((source) => parts[source]));
}
