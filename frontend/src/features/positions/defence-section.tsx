/** How far both legs are from liquidation, and what the bot will do next at which price. */
import type { PositionResponse } from "../../api/schema.gen";
import { KeyValues } from "../../ui/figure";
import { Aging, Rate } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { nextWords } from "./words";

export function DefenceSection({ position, at }: { position: PositionResponse; at: number | null }) {
  const { defence } = position;
  if (defence === null) return <Hint>Both legs have not been seen yet, so nothing can be foretold.</Hint>;
  return (
    <div className="grid grid-cols-1 gap-x-8 gap-y-6 tablet:grid-cols-2">
      <KeyValues
        rows={[
          { label: "Price may fall", value: <Aging at={at} feed="balances"><Rate value={defence.long_distance} reason="The long owes nothing." /></Aging> },
          { label: "Price may rise", value: <Aging at={at} feed="balances"><Rate value={defence.short_distance} reason="There is no short." /></Aging> },
          { label: "We defend a leg at", value: <Rate value={defence.trigger} /> },
          { label: "Then both have again", value: <Rate value={defence.restores} /> },
        ]}
      />
      <div>
        <h3 className="text-13 font-semibold">What we do next</h3>
        {nextWords(defence).map((words) => (
          <p key={words} className="mt-1.5">{words}</p>
        ))}
        <Hint>Nothing we do here makes the position larger, and no pause forbids it.</Hint>
      </div>
    </div>
  );
}
