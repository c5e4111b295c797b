/** The break-even clock of an open position, and the last funding payments. */
import type { PositionResponse } from "../../api/schema.gen";
import { absolute, add, compare, type Decimal } from "../../lib/decimal";
import { figure, money } from "../../lib/format";
import { moment } from "../../lib/time";
import { BreakEvenDial, type CostPart } from "../../ui/charts/break-even-dial";
import { KeyValues } from "../../ui/figure";
import { Money } from "../../ui/numbers";
import { Columns, Hint, Section } from "../../ui/section";
import { usePayments } from "./queries";

const PAYMENTS_SHOWN = 5;

export function ClockSection({ position, closing }: { position: PositionResponse; closing: Decimal | null }) {
  const payments = usePayments(position.id);
  const { result } = position;
  if (!result) return null;
  const paid = absolute(result.fees);
  const costs: CostPart[] = [{ name: "paid so far", value: paid }];
  if (closing !== null) costs.push({ name: "to get out", value: closing, isEstimate: true });
  const turn = closing === null ? paid : add(paid, closing);
  const earned = add(result.funding, result.staking, result.lending, result.borrowing);
  const times = position.costs_earned_back;
  const latest = payments.data?.payments.slice(0, PAYMENTS_SHOWN) ?? [];
  return (
    <Section title="Break-even clock" meta={`one full turn is ${money(turn)}: what getting in, staying safe and getting out costs`}>
      <Columns>
        <div className="flex items-center gap-6 wide:col-span-5">
          <BreakEvenDial
            costs={costs}
            earned={compare(earned, "0") > 0 ? earned : "0"}
            big={times === null ? "–" : `${figure(times, 1)}×`}
            small="earned back"
            size={168}
          />
          <dl>
            <dt className="text-13 text-ink2">Paid so far</dt>
            <dd className="text-18"><Money value={paid} /></dd>
            <dt className="text-13 text-ink2">To get out, estimate (dashed)</dt>
            <dd className="text-18"><Money value={closing} reason="It cannot be estimated right now." /></dd>
            <dt className="text-13 text-ink2">Earned before fees</dt>
            <dd className="text-18"><Money value={earned} sign="flow" /></dd>
          </dl>
        </div>
        <div className="wide:col-span-7">
          <h3 className="text-13 font-semibold">Last funding payments</h3>
          {latest.length > 0 ? (
            <KeyValues
              rows={latest.map((payment) => ({
                key: payment.settled_at,
                label: moment(payment.settled_at),
                value: <Money value={payment.amount_usdc} sign="flow" places={4} />,
              }))}
            />
          ) : (
            <Hint>None yet. Hyperliquid settles at every full hour.</Hint>
          )}
        </div>
      </Columns>
    </Section>
  );
}
