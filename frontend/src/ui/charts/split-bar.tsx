/** One amount over two venues: solid on Solana, hatched on Hyperliquid. */
import type { Decimal } from "../../lib/decimal";
import { add, approx, divide } from "../../lib/decimal";
import { money, percent } from "../../lib/format";

export function SplitBar({ solana, hyperliquid }: { solana: Decimal; hyperliquid: Decimal }) {
  const share = divide(solana, add(solana, hyperliquid)) ?? "0.5";
  const rest = divide(hyperliquid, add(solana, hyperliquid)) ?? "0.5";
  const width = `${Math.max(1, Math.min(99, approx(share) * 100))}%`;
  return (
    <div role="img" aria-label={`${money(solana)} to Solana, ${money(hyperliquid)} to Hyperliquid`}>
      <div className="flex justify-between text-13 text-ink2">
        <span>to Solana</span>
        <span>to Hyperliquid</span>
      </div>
      <div className="mt-1.5 flex h-3.5 gap-1 text-ink">
        <span className="bg-current" style={{ width }} />
        <span className="hatched flex-1" />
      </div>
      <div className="mt-1.5 flex justify-between text-13">
        <span>
          <strong>{money(solana)}</strong> <span className="text-12 text-ink3">{percent(share, 1)}</span>
        </span>
        <span>
          <strong>{money(hyperliquid)}</strong> <span className="text-12 text-ink3">{percent(rest, 1)}</span>
        </span>
      </div>
    </div>
  );
}
