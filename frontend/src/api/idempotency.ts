/** One key for one intention: pressing twice, or sending again after silence, is one order. */
import { useCallback, useState } from "react";
import { Failure } from "../lib/failure";

function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of this render of a form, and how to get another one for another order. */
export function useIdempotencyKey(): [string, () => void] {
  const [key, setKey] = useState(freshKey);
  return [key, useCallback(() => setKey(freshKey()), [])];
}

/**
 * Whether to send an order again by itself: only when no answer came at all. The key makes the
 * server answer with the order it may already have taken.
 */
export function retrySilence(failures: number, error: unknown): boolean {
  return !(error instanceof Failure) && failures < 30;
}
export const RETRY_SILENCE_MS = 2_000;
