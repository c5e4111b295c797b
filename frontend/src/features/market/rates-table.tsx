/** What each lender asks and what is left at the chosen leverage, with the age of each. */
import { useState } from "react";
import type { LenderRate, RatesResponse } from "../../api/schema.gen";
import { floored } from "../../lib/decimal";
import { leverage } from "../../lib/format";
import { Empty } from "../../ui/async";
import { QuietButton } from "../../ui/button";
import { Age, Aging, Doubt, NoData, Rate } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { Sub, Table } from "../../ui/table";
import { disputed } from "./queries";

interface RatesTableProps {
  rates: RatesResponse;
  /** When the answer arrived, host time. */
  receivedAt: number;
}

export function RatesTable({ rates, receivedAt }: RatesTableProps) {
  const [isAll, setAll] = useState(false);
  if (rates.lenders.length === 0) {
    return <Empty>No lender has answered yet. Each will be here with what it asks and what is left of it.</Empty>;
  }
  const off = rates.lenders.filter((lender) => !lender.is_enabled).length;
  const shown = isAll ? rates.lenders : rates.lenders.filter((lender) => lender.is_enabled);
  const at = (lender: LenderRate) => receivedAt - lender.age_seconds * 1000;
  return (
    <>
      <Table
        caption={`Lenders at ${leverage(rates.leverage)}`}
        rows={shown}
        rowKey={(lender) => `${lender.protocol}-${lender.asset}`}
        columns={[
          {
            title: `At ${leverage(rates.leverage)}`,
            cell: (lender) => (
              <>
                {lender.asset} on {lender.protocol_name}
                <Sub>{detail(lender)}</Sub>
              </>
            ),
          },
          {
            title: "Borrow USDC",
            align: "right",
            cell: (lender) => (
              <Aging at={at(lender)} feed="rates">
                <Doubt quality={lender.quality}>
                  <Rate value={lender.borrow_apy} places={2} />
                </Doubt>
              </Aging>
            ),
          },
          {
            title: "Net on capital",
            align: "right",
            cell: (lender) => (
              <Aging at={at(lender)} feed="rates">
                <Rate value={lender.net_apr} sign="flow" reason={lender.unavailable ?? disputed(lender, rates) ?? "A part of it is not known."} />
              </Aging>
            ),
          },
          {
            title: "Back in",
            label: "Costs back in",
            align: "right",
            cell: (lender) => (
              <Aging at={at(lender)} feed="rates">
                <BackIn lender={lender} reason={disputed(lender, rates)} />
              </Aging>
            ),
          },
          { title: "Age", align: "right", cell: (lender) => <Age at={at(lender)} feed="rates" /> },
        ]}
      />
      {off > 0 ? (
        <QuietButton className="text-13" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? "Only those switched on" : `${off} more, switched off here`}
        </QuietButton>
      ) : null}
      <Hint>
        Net of borrowing, a year, on the whole capital at {leverage(rates.leverage)} and the rates of this minute. A rate,
        not a promise.
      </Hint>
    </>
  );
}

function detail(lender: LenderRate): string {
  if (lender.unavailable) return lender.unavailable;
  if (lender.quality.state === "disputed") return `disputed: ${lender.quality.reason}`;
  if (!lender.is_enabled) return "not switched on here";
  return lender.can_defend ? "can be reduced in place" : "reducing there means closing";
}

function BackIn({ lender, reason }: { lender: LenderRate; reason: string | null }) {
  if (lender.net_apr === null) return <NoData reason={reason ?? "The net rate is not known."} />;
  if (lender.break_even_days === null) return <span title="At these rates income does not exceed costs">never</span>;
  const days = String(Math.ceil(Number(floored(lender.break_even_days, 2))));
  return <span className="whitespace-nowrap">{days === "1" ? "1 day" : `${days} days`}</span>;
}
