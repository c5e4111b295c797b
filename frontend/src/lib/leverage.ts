/** Leverage as it is typed or stands in an address, inside the server's bounds. */
import { compare, type Decimal, typedAmount } from "./decimal";

export interface LeverageBounds {
  leverage_min: Decimal;
  leverage_max: Decimal;
}

/** The leverage in steps of a tenth, or null when it is none the server would take. */
export function leverageWithin(text: string, { leverage_min, leverage_max }: LeverageBounds): Decimal | null {
  if (!/^\s*\d+(?:\.\d)?\s*$/.test(text)) return null;
  const value = typedAmount(text);
  return value !== null && compare(value, leverage_min) >= 0 && compare(value, leverage_max) <= 0 ? value : null;
}
