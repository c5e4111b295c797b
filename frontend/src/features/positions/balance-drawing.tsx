/** Both legs of a position on one beam, with what remains of them. */
import type { PositionResponse } from "../../api/schema.gen";
import { absolute } from "../../lib/decimal";
import { amount, money } from "../../lib/format";
import { LegsBalance } from "../../ui/charts/legs-balance";
import { Hint } from "../../ui/section";
import { leftOver } from "./words";

export function BalanceDrawing({ position, span }: { position: PositionResponse; span: string }) {
  const { long, short, asset } = position;
  if (!long || !short) return <Hint>Both legs are drawn here once both are open.</Hint>;
  const size = amount(absolute(short.size_sol), "SOL");
  const sol = amount(long.sol_equivalent, "SOL");
  return (
    <>
      <LegsBalance
        short={{
          title: "Short on Hyperliquid",
          value: absolute(short.value_usd),
          detail: position.mark_price ? `${size} at mark ${money(position.mark_price)}` : size,
          brief: size,
        }}
        long={{
          title: `Long on Solana, through ${position.protocol_name}`,
          value: long.value_usd,
          detail: asset === "SOL" ? sol : `${amount(long.collateral, asset)} = ${sol}`,
          brief: sol,
        }}
        leftOver={leftOver(position)}
        span={span}
        result={position.result}
      />
      {position.result ? null : (
        <Hint>What remains is not shown while a part of it is unknown.</Hint>
      )}
    </>
  );
}
