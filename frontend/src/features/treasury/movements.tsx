/** Every movement with its stage, newest first. */
import type { DepositEntry, MoveEntry } from "../../api/schema.gen";
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

const PLACES: Record<string, string> = {
  at_source: "waits for the cut that sets it free.",
  leaving: "on its way from Hyperliquid to Arbitrum.",
  on_arbitrum: "in your wallet on Arbitrum.",
  burned: "between the chains: Circle owes it.",
  on_solana: "in your wallet on Solana.",
  sent: "sent to Hyperliquid’s bridge, not credited yet.",
  at_hyperliquid: "credited on Hyperliquid.",
};

function moveOf(move: MoveEntry): Entry {
  const usdc = amount(move.amount_usdc, "USDC");
  return {
    key: move.job_id,
    when: <time dateTime={move.created_at} title={utc(move.created_at)}>{moment(move.created_at)}</time>,
    mark: move.status === "completed" ? "trade" : "note",
    what: <>{usdc} to the {move.to}: {PLACES[move.place] ?? move.place}</>,
    detail: move.error ? `${move.error.message} (${move.error.code})` : null,
    amount: usdc,
  };
}

function newestFirst(deposits: DepositEntry[], moves: MoveEntry[]): Entry[] {
  const dated = [
    ...deposits.map((deposit) => ({ at: deposit.created_at, entry: entryOf(deposit) })),
    ...moves.map((move) => ({ at: move.created_at, entry: moveOf(move) })),
  ];
  return dated.sort((one, other) => other.at.localeCompare(one.at)).map(({ entry }) => entry);
}

export function Movements() {
  const deposits = useDeposits();
  return (
    <Section title="Movements" meta="newest first">
      <Async
        answer={deposits}
        asking="Asking the server for your movements."
        isEmpty={(data) => data.deposits.length + data.moves.length === 0}
        empty={<Empty>No movement yet. What you move between networks will be here with its stages.</Empty>}
      >
        {(data) => <Timeline label="Movements" entries={newestFirst(data.deposits, data.moves)} />}
      </Async>
    </Section>
  );
}
