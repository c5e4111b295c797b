/** Exact amounts as decimal text. Floats never carry money; `approx` is for drawing only. */
import Big from "big.js";

/** A finite decimal number as text, as the API sends it: "12578.77". */
export type Decimal = string;

Big.strict = true;
Big.NE = -40;
Big.PE = 60;
Big.RM = Big.roundHalfEven;
Big.DP = 30;

const DECIMAL = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Whether the text is a finite decimal number. */
export function isDecimal(text: unknown): text is Decimal {
  return typeof text === "string" && DECIMAL.test(text);
}

function big(value: Decimal): Big {
  if (!isDecimal(value)) throw new TypeError(`not a decimal number: ${String(value)}`);
  return new Big(value);
}

export function add(...values: Decimal[]): Decimal {
  return values.reduce((sum, value) => sum.plus(big(value)), new Big("0")).toString();
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return big(a).minus(big(b)).toString();
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return big(a).times(big(b)).toString();
}

/** a / b, or null when b is zero. */
export function divide(a: Decimal, b: Decimal): Decimal | null {
  const divisor = big(b);
  return divisor.eq("0") ? null : big(a).div(divisor).toString();
}

export function negate(value: Decimal): Decimal {
  return subtract("0", value);
}

export function absolute(value: Decimal): Decimal {
  return big(value).abs().toString();
}

/** −1, 0 or 1. */
export function compare(a: Decimal, b: Decimal): number {
  return big(a).cmp(big(b));
}

export function isZero(value: Decimal): boolean {
  return big(value).eq("0");
}

export function isNegative(value: Decimal): boolean {
  return big(value).lt("0");
}

export function smallest(first: Decimal, ...rest: Decimal[]): Decimal {
  return rest.reduce((least, value) => (compare(value, least) < 0 ? value : least), first);
}

/** Rounded half to even, as the books round, with exactly `places` decimals. */
export function rounded(value: Decimal, places: number): Decimal {
  return big(value).toFixed(places, Big.roundHalfEven);
}

/** Rounded towards zero: never promises more than there is. */
export function floored(value: Decimal, places: number): Decimal {
  return big(value).toFixed(places, Big.roundDown);
}

/** The nearest double, for pixels and angles; never for an amount that is shown or sent. */
export function approx(value: Decimal): number {
  return Number(big(value).toString());
}

/** What a person typed ("1,200.5", " $80 ") as decimal text, or null when it is no amount. */
export function typedAmount(text: string): Decimal | null {
  const plain = text.trim().replace(/^\$/, "").replace(/,/g, "");
  return /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(plain) ? big(plain).toString() : null;
}

/**
 * The parts of a sum in cents that add up to the total in cents. What rounding leaves goes into
 * the part at `restInto`, so that a statement never fails to add up.
 */
export function addingToTheCent(parts: Decimal[], total: Decimal, restInto: number): Decimal[] {
  const cents = parts.map((part) => rounded(part, 2));
  const rest = subtract(rounded(total, 2), add(...cents));
  return cents.map((part, index) => (index === restInto ? rounded(add(part, rest), 2) : part));
}
