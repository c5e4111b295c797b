/** Times and ages. Ages are host time; times of trades are the market's. */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** From which age a figure is stale, and from which it is no longer shown, in milliseconds. */
export const STALE_AFTER = { mark: 10 * SECOND, rates: 60 * SECOND, balances: 90 * SECOND };
export const FORGOTTEN_AFTER = 30 * MINUTE;

export type Feed = keyof typeof STALE_AFTER;
export type Freshness = "fresh" | "stale" | "forgotten";

/** How a figure of that age may be shown; an unknown age counts as forgotten. */
export function freshness(feed: Feed, ageMs: number | null): Freshness {
  if (ageMs === null || ageMs > FORGOTTEN_AFTER) return "forgotten";
  return ageMs > STALE_AFTER[feed] ? "stale" : "fresh";
}

/** "4 s", "3 min", "2 h", "3 days". */
export function age(ms: number): string {
  const past = Math.max(0, ms);
  if (past < MINUTE) return `${Math.floor(past / SECOND)} s`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)} h`;
  return `${Math.floor(past / DAY)} days`;
}

/** "7:12", "1:04:30": what is left of a countdown; "0:00" once it is over. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** "31.6 days", "5 h", "12 min": how long something has lasted. */
export function lasting(ms: number): string {
  if (ms >= DAY) return `${(ms / DAY).toFixed(1)} days`;
  return age(ms);
}

const two = (n: number) => String(n).padStart(2, "0");

/** "23 Sep", in the reader's zone. */
export function day(time: string | number): string {
  const date = new Date(time);
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

/** "14:00", in the reader's zone. */
export function clock(time: string | number): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** "23 Sep 14:00", in the reader's zone. */
export function moment(time: string | number): string {
  return `${day(time)} ${clock(time)}`;
}

/** "2025-09-23 14:00:08 UTC", for titles. */
export function utc(time: string | number): string {
  return `${new Date(time).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}
