/** The six parts every result is the sum of. */
import { add, addingToTheCent, type Decimal } from "./decimal";

export interface Attribution {
  funding: Decimal;
  staking: Decimal;
  lending: Decimal;
  borrowing: Decimal;
  fees: Decimal;
  price_residual: Decimal;
  /** What the six add up to. */
  total: Decimal;
}
export type Source = Exclude<keyof Attribution, "total">;

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
  price_residual: { name: "Price residual", short: "Residual", from: "the two venues’ prices differ a little", tone: "text-residual", color: "var(--residual)", takes: false },
};
export const SOURCE_ORDER: Source[] = ["funding", "staking", "lending", "borrowing", "fees", "price_residual"];

/** The parts in cents, adding up to the total; what rounding leaves goes into the residual. */
export function toTheCent(result: Attribution): { source: Source; value: Decimal }[] {
  const cents = addingToTheCent(
    SOURCE_ORDER.map((source) => result[source]),
    result.total,
    SOURCE_ORDER.indexOf("price_residual"),
  );
  return SOURCE_ORDER.map((source, index) => ({ source, value: cents[index] ?? "0" }));
}

export function together(all: Attribution[]): Attribution {
  const sum = (source: keyof Attribution) => add("0", ...all.map((one) => one[source]));
  return {
    funding: sum("funding"),
    staking: sum("staking"),
    lending: sum("lending"),
    borrowing: sum("borrowing"),
    fees: sum("fees"),
    price_residual: sum("price_residual"),
    total: sum("total"),
  };
}

/** Everything earned and everything paid, the residual apart. */
export function incomeAndCosts(result: Attribution): { income: Decimal; costs: Decimal } {
  return {
    income: add(result.funding, result.staking, result.lending),
    costs: add(result.borrowing, result.fees),
  };
}
