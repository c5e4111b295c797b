/** Numbers as words and figures; every component that prints one goes through here. */
import {
  absolute,
  compare,
  type Decimal,
  divide,
  isNegative,
  isZero,
  multiply,
  rounded,
  subtract,
} from "./decimal";

export const MINUS = "\u2212";

/** Words of the server with a real minus before its figures. */
export function signedWords(text: string): string {
  return text.replace(/(^|[\s(])-(?=[\d$])/g, `$1${MINUS}`);
}

/** Flows carry a sign, balances do not. */
export type Sign = "flow" | "balance";

function grouped(plain: Decimal): string {
  const [whole = "0", fraction] = plain.split(".");
  const thousands = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
}

function signed(value: Decimal, places: number, sign: Sign, prefix: string): string {
  const figure = rounded(value, places);
  const text = prefix + grouped(absoluteText(figure, places));
  if (isZero(figure)) return text;
  if (isNegative(figure)) return MINUS + text;
  return sign === "flow" ? `+${text}` : text;
}

function absoluteText(value: Decimal, places: number): string {
  return rounded(absolute(value), places);
}

/** "$12,578.77", "+$178.77", "−$34.44"; a flow of nothing is "$0.00". */
export function money(value: Decimal, sign: Sign = "balance", places = 2): string {
  return signed(value, places, sign, "$");
}

/** "46.1920 jitoSOL": SOL 2, staked tokens 4, dollars of a chain 2, ether 4 decimals. */
export function amount(value: Decimal, unit: string, sign: Sign = "balance"): string {
  const places = { SOL: 2, USDC: 2, ETH: 4 }[unit] ?? 4;
  return `${signed(value, places, sign, "")} ${unit}`;
}

/** What is large and nobody's own: "116.7M USDC", "850k USDC". */
export function large(value: Decimal, unit: string): string {
  const steps: [Decimal, string][] = [["1000000", "M"], ["1000", "k"]];
  for (const [step, letter] of steps) {
    if (compare(value, step) >= 0) return `${rounded(divide(value, step) ?? "0", letter === "M" ? 1 : 0)}${letter} ${unit}`;
  }
  return `${rounded(value, 0)} ${unit}`;
}

/** A plain number with exactly that many decimals: "0.2140". */
export function figure(value: Decimal, places: number, sign: Sign = "balance"): string {
  return signed(value, places, sign, "");
}

/** An amount of dollars as one would type it: "1000.00". */
export function amountText(value: Decimal): string {
  return rounded(value, 2);
}

/** A fraction as percent: "0.0470" is "4.70%". */
export function percent(fraction: Decimal, places: number, sign: Sign = "balance"): string {
  return `${signed(multiply(fraction, "100"), places, sign, "")}%`;
}

/** "2.0x". */
export function leverage(value: Decimal): string {
  return `${rounded(value, 1)}x`;
}

/** How far a price is from the mark, as a fraction of the mark; null without a mark. */
export function distance(price: Decimal, mark: Decimal): Decimal | null {
  return divide(subtract(price, mark), mark);
}

/** For a screen reader: "minus 34 dollars 44 cents". */
export function spokenMoney(value: Decimal, sign: Sign = "balance"): string {
  const cents = rounded(value, 2);
  const [whole = "0", fraction = "00"] = absoluteText(cents, 2).split(".");
  const parts = [`${whole} ${whole === "1" ? "dollar" : "dollars"}`];
  if (fraction !== "00") {
    const count = fraction.replace(/^0/, "");
    parts.push(`${count} ${count === "1" ? "cent" : "cents"}`);
  }
  const word = isZero(cents) ? "" : isNegative(cents) ? "minus " : sign === "flow" ? "plus " : "";
  return word + parts.join(" ");
}

/** For a screen reader: "minus 4.7 percent". */
export function spokenPercent(fraction: Decimal, places: number): string {
  const value = rounded(multiply(fraction, "100"), places);
  return `${isNegative(value) ? "minus " : ""}${absoluteText(value, places)} percent`;
}

/** "0x91c4…7aE2". */
export function shortened(address: string): string {
  return address.length > 14 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}

/** "1 check", "3 checks". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
