import { RadioGroup } from "radix-ui";
import type { LenderRate } from "../../api/schema.gen";
import { large, leverage as leverageText, percent } from "../../lib/format";
import { compare } from "../../lib/decimal";
import { Empty } from "../../ui/async";
import { Age, Rate } from "../../ui/numbers";
import { Hint, Section } from "../../ui/section";
import type { Choice } from "./entry-state";

interface ChoiceSectionProps {
  lenders: LenderRate[];
  /** Host time of the oldest of them. */
  at: number | null;
  choice: Choice | null;
  leverage: string;
  onChange: (choice: Choice) => void;
}

const valueOf = (choice: Choice) => `${choice.protocol}:${choice.asset}`;

function detail(lender: LenderRate): string {
  const parts = [
    lender.staking_apy !== null && compare(lender.staking_apy, "0") > 0 ? `stakes at ${percent(lender.staking_apy, 2)}` : null,
    compare(lender.supply_apy, "0") > 0 ? `lends at ${percent(lender.supply_apy, 2)}` : null,
    `borrow ${percent(lender.borrow_apy, 2)}`,
    `${large(lender.borrow_capacity_usdc, "USDC")} free`,
    lender.can_defend ? "can be reduced in place" : "reducing there means closing",
  ];
  return lender.unavailable ?? parts.filter(Boolean).join(", ");
}

export function ChoiceSection({ lenders, at, choice, leverage, onChange }: ChoiceSectionProps) {
  const offered = lenders.filter((lender) => lender.is_enabled);
  return (
    <Section title="2. What to hold and where to borrow" action={<Age at={at} feed="rates" suffix=" ago" />}>
      {offered.length === 0 ? <Empty>No lender has answered yet. Without one nothing can be opened.</Empty> : null}
      <RadioGroup.Root
        aria-label="Asset and lender"
        value={choice ? valueOf(choice) : ""}
        onValueChange={(value) => {
          const found = offered.find((lender) => valueOf(lender) === value);
          if (found) onChange({ protocol: found.protocol, asset: found.asset });
        }}
        className={offered.length === 0 ? "hidden" : "rounded-box border border-line"}
      >
        {offered.map((lender) => (
          <RadioGroup.Item
            key={valueOf(lender)}
            value={valueOf(lender)}
            disabled={lender.unavailable !== null}
            className="grid w-full grid-cols-[20px_minmax(0,1fr)_auto] items-baseline gap-2 border-t border-line px-3 py-[11px] text-left first:border-t-0 disabled:text-ink3 data-[state=checked]:bg-surface data-[state=checked]:shadow-[inset_3px_0_0_var(--ink)]"
          >
            <span aria-hidden className="grid size-3.5 translate-y-0.5 place-items-center rounded-full border border-edge">
              <RadioGroup.Indicator className="size-2 rounded-full bg-ink" />
            </span>
            <span>
              {lender.asset} on {lender.protocol_name}
              <span className="block text-13 text-ink3">{detail(lender)}</span>
            </span>
            <Rate value={lender.net_apr} sign="flow" reason="A part of it is not known." />
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
      <Hint>Net of borrowing, a year, on your capital at {leverageText(leverage)} and the rates of this minute.</Hint>
    </Section>
  );
}
