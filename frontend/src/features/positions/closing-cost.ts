/** What getting out would cost: the same estimate as before opening, for the same capital. */
import type { EntryRequest, PositionResponse } from "../../api/schema.gen";
import { type Decimal, subtract } from "../../lib/decimal";
import { usePreflight } from "./queries";
import { isHeld } from "./words";

/** USD, or null while it is not known. */
export function useClosingCost(position: PositionResponse | undefined): Decimal | null {
  const entry: EntryRequest | null =
    position && isHeld(position)
      ? { asset: position.asset, protocol: position.protocol, size_usd: position.size_usd, leverage: position.leverage }
      : null;
  return usePreflight(entry).data?.quote?.cost_close_usd ?? null;
}

/** `value` after closing, or null while a part is unknown. */
export function afterClosing(value: Decimal | null | undefined, cost: Decimal | null): Decimal | null {
  return value === null || value === undefined || cost === null ? null : subtract(value, cost);
}
