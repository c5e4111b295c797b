/** One honest sample: a position simulated hour by hour on recorded rates, with its bad months named. */
import type { Attribution } from "../../lib/attribution";
import { LegsBalance } from "../../ui/charts/legs-balance";

const RESULT: Attribution = {
  funding: "159.74",
  staking: "76.64",
  lending: "1.20",
  borrowing: "-34.44",
  fees: "-39.54",
  price_residual: "15.17",
  total: "178.77",
};

export function Sample() {
  return (
    <figure>
      <LegsBalance
        short={{ title: "Short on Hyperliquid", value: "12450.04", detail: "56.87 SOL at mark $218.92", brief: "56.87 SOL" }}
        long={{
          title: "Long on Solana, through Kamino",
          value: "12466.92",
          detail: "46.1920 jitoSOL = 56.95 SOL at $218.91",
          brief: "56.95 SOL",
        }}
        leftOver="+0.08 SOL, 0.14% of the hedge"
        span="since 23 Aug, 31.6 days"
        result={RESULT}
      />
      <figcaption className="mt-5 max-w-[72ch] text-13 text-ink2">
        A sample position of $12,400 on recorded rates, 23 August to 23 September 2025. Other months lost money: funding
        was below zero for most of March and April 2025.
      </figcaption>
    </figure>
  );
}
