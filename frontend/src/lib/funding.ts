/** What the short earned in each settled hour, and how often that was enough. */
import { absolute, compare, type Decimal, divide, isNegative, isZero, multiply, rounded } from "./decimal";
import { counted, percent } from "./format";

/** One settled hour of the market; what is earned is a yearly fraction. */
export interface SettledHour {
  hour: string;
  income_apr: Decimal;
}

/** How far back what was earned is looked at: 90 days. */
export const HISTORY_HOURS = 2160;
/** Fewer hours say nothing about how often. */
const ENOUGH_HOURS = 24;
const HOUR_MS = 3_600_000;

/** 8-hour periods of a year: how the server makes a yearly rate of one for 8 hours. */
export const EIGHT_HOURS_A_YEAR = "1095";

/** A rate for 8 hours as a yearly fraction. */
export function yearly(rateOf8Hours: Decimal): Decimal {
  return multiply(rateOf8Hours, EIGHT_HOURS_A_YEAR);
}

/** Whether an hour is enough to enter: the short earns, and at least that much. */
export function isEnough(hour: SettledHour, floor: Decimal): boolean {
  return compare(hour.income_apr, "0") > 0 && compare(hour.income_apr, floor) >= 0;
}

/** "27%"; what happened at all is never 0%, what did not always happen never 100%. */
function share(part: number, whole: number): string {
  const percents = rounded(divide(String(part * 100), String(whole)) ?? "0", 0);
  if (part > 0 && percents === "0") return "less than 1%";
  if (part < whole && percents === "100") return "more than 99%";
  return `${percents}%`;
}

/** "the last 90 days", or how many hours of them are known; null where too few are. */
function spanOf(hours: SettledHour[], whole: (days: string) => string = (days) => days): string | null {
  const [first, last] = [hours[0], hours.at(-1)];
  if (!first || !last || hours.length < ENOUGH_HOURS) return null;
  const spanned = Math.round((Date.parse(last.hour) - Date.parse(first.hour)) / HOUR_MS) + 1;
  const days = Math.round(spanned / 24);
  const lately = days === 1 ? "the last day" : `the last ${days} days`;
  return hours.length < spanned ? `the ${hours.length.toLocaleString("en-US")} hours known of ${lately}` : whole(lately);
}

/** How often the short earned that much (null: anything); null where too little is known. */
export function howOften(floor: Decimal | null, hours: SettledHour[] | undefined): string | null {
  const span = hours === undefined ? null : spanOf(hours);
  if (hours === undefined || span === null) return null;
  const least = floor ?? "0";
  const there = hours.filter((hour) => isEnough(hour, least)).length;
  const what = isNegative(least) || isZero(least) ? "An hour in which the short earns" : `An hour of ${percent(least, 2)} or more`;
  return `${what} was ${share(there, hours.length)} of ${span}.`;
}

/** How often hours were enough for a line of entering, and too little for one of leaving. */
export function betweenLines(enter: Decimal, leave: Decimal, hours: SettledHour[]): string {
  const span = spanOf(hours, (days) => `the hours of ${days}`);
  if (span === null) return `Only ${counted(hours.length, "hour")} ${hours.length === 1 ? "is" : "are"} known yet, too few to say how often.`;
  const above = hours.filter((hour) => isEnough(hour, enter)).length;
  const below = hours.filter((hour) => compare(hour.income_apr, leave) < 0).length;
  const earned = compare(enter, "0") > 0 ? `${percent(enter, 2)} a year or more` : "anything at all";
  const line = isNegative(leave) ? `paid more than ${percent(absolute(leave), 2)} a year` : isZero(leave) ? "paid" : `earned less than ${percent(leave, 2)} a year`;
  return (
    `In ${share(above, hours.length)} of ${span} the short earned ${earned}, your line for entering. ` +
    `In ${share(below, hours.length)} it ${line}, which is below your line for leaving.`
  );
}
