/** The market at a leverage of one's choice: slider, what it earns, when costs are back. */
import type { RatesResponse } from "../../api/schema.gen";
import { compare, floored } from "../../lib/decimal";
import { leverage, percent } from "../../lib/format";
import type { LeverageBounds } from "../../lib/leverage";
import { LeverageSlider } from "../../ui/leverage-slider";
import { Hint } from "../../ui/section";
import { bestLender } from "./queries";

interface LeveragePanelProps {
  value: string;
  onChange: (value: string) => void;
  rates: RatesResponse;
  limits: LeverageBounds;
}

export function LeveragePanel({ value, onChange, rates, limits }: LeveragePanelProps) {
  const best = bestLender(rates);
  const isUnsafe = best !== null && compare(value, best.safe_leverage) > 0;
  return (
    <div>
      <div className="flex items-baseline justify-between text-13">
        <span className="font-semibold">Leverage</span>
        <strong className="text-15">{leverage(value)}</strong>
      </div>
      <LeverageSlider
        bounds={limits}
        value={value}
        onChange={onChange}
        safeMaximum={best?.safe_leverage ?? null}
        venue={best?.protocol_name ?? "any lender"}
      />
      {best === null ? (
        <Hint tone="caution">No lender can be judged right now.</Hint>
      ) : isUnsafe ? (
        <Hint tone="danger">
          {leverage(value)} leaves too little room on {best.protocol_name}. {leverage(floored(best.safe_leverage, 1))} or less
          would pass.
        </Hint>
      ) : (
        <Hint>
          Opens with health {percent(best.opening_health, 1)}: SOL may fall that far before {best.protocol_name} liquidates.
          {best.break_even_days === null
            ? " At these rates costs do not come back."
            : ` Costs come back in ${Math.ceil(Number(floored(best.break_even_days, 2)))} days if rates stay.`}
        </Hint>
      )}
    </div>
  );
}
