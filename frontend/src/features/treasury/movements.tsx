/** Every movement with its stage, newest first. */
import type { DepositEntry } from "../../api/schema.gen";
import { amount } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import { Async, Empty } from "../../ui/async";
import { Section } from "../../ui/section";
import { type Entry, Timeline } from "../../ui/timeline";
import { useDeposits } from "./queries";

const STAGES: Record<string, string> = {
  requested: "asked for, not sent yet.",
  sent: "sent to Hyperliquid’s bridge, not credited yet.",
  credited: "credited on Hyperliquid.",
  failed: "did not happen.",
};

function entryOf(deposit: DepositEntry): Entry {
  const usdc = amount(deposit.amount_usdc, "USDC");
  return {
    key: deposit.job_id,
    when: <time dateTime={deposit.created_at} title={utc(deposit.created_at)}>{moment(deposit.created_at)}</time>,
    mark: deposit.stage === "credited" ? "trade" : "note",
    what: <>{usdc} from Arbitrum: {STAGES[deposit.stage] ?? deposit.stage}</>,
    detail: (
      <>
        {deposit.transaction_hash ? <span className="font-mono break-all">{deposit.transaction_hash}</span> : null}
        {deposit.error ? ` ${deposit.error.message} (${deposit.error.code})` : null}
      </>
    ),
    amount: usdc,
  };
}

export function Movements() {
  const deposits = useDeposits();
  return (
    <Section title="Movements" meta="newest first">
      <Async
        answer={deposits}
        asking="Asking the server for your movements."
        isEmpty={(data) => data.deposits.length === 0}
        empty={<Empty>No movement yet. What you move between networks will be here with its stages.</Empty>}
      >
        {(data) => <Timeline label="Movements" entries={data.deposits.map(entryOf)} />}
      </Async>
    </Section>
  );
}
