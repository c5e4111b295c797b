/** The two legs, figure by figure, each with its liquidation price. */
import type { PositionResponse } from "../../api/schema.gen";
import { KeyValues } from "../../ui/figure";
import { Aging, Amount, Money, Multiple, Rate } from "../../ui/numbers";
import { Hint } from "../../ui/section";

export function Legs({ position, at }: { position: PositionResponse; at: number | null }) {
  const { long, short } = position;
  const lst = position.asset !== "SOL";
  return (
    <div className="grid grid-cols-1 gap-x-8 gap-y-6 tablet:grid-cols-2">
      <div>
      <h3 className="text-13 font-semibold">Long on Solana</h3>
      {long ? (
          <KeyValues
            rows={[
              { label: "Collateral", value: <Aging at={at} feed="balances"><Amount value={long.collateral} unit={position.asset} /></Aging> },
              ...(lst
                ? [{ label: "in SOL", value: <Aging at={at} feed="balances"><Amount value={long.sol_equivalent} unit="SOL" /></Aging> }]
                : []),
              { label: `Debt, ${position.protocol_name}`, value: <Aging at={at} feed="balances"><Amount value={long.debt_usdc} unit="USDC" /></Aging> },
              { label: "Own money in it", value: <Aging at={at} feed="balances"><Money value={long.equity_usd} /></Aging> },
              { label: "Leverage", value: <Aging at={at} feed="balances"><Multiple value={long.leverage} /></Aging> },
              { label: "Health, venue’s figure", value: <Aging at={at} feed="balances"><Rate value={long.health} reason="The lender has not said." /></Aging> },
              { label: "Liquidated at", value: <strong><Money value={long.liquidation_price} reason="The venue has not said." /></strong> },
            ]}
          />
      ) : (
        <Hint>Not open.</Hint>
      )}
      </div>
      <div>
      <h3 className="text-13 font-semibold">Short on Hyperliquid</h3>
      {short ? (
        <KeyValues
          rows={[
            { label: "Size", value: <Aging at={at} feed="balances"><Amount value={`-${short.size_sol.replace("-", "")}`} unit="SOL" /></Aging> },
            { label: "Average entry", value: <Money value={short.entry_price} /> },
            { label: "Margin", value: <Aging at={at} feed="balances"><Money value={short.margin_usdc} /></Aging> },
            { label: "Margin fraction", value: <Aging at={at} feed="balances"><Rate value={short.margin_fraction} reason="Hyperliquid has not said." /></Aging> },
            { label: "Leverage", value: <Aging at={at} feed="balances"><Multiple value={short.leverage} /></Aging> },
            { label: "Liquidated at", value: <strong><Money value={short.liquidation_price} reason="The venue has not said." /></strong> },
          ]}
        />
      ) : (
        <Hint>Not open.</Hint>
      )}
      </div>
    </div>
  );
}
