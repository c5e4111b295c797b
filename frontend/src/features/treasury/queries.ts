import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { RETRY_SILENCE_MS, retrySilence } from "../../api/idempotency";
import { keys } from "../../api/keys";
import type { Decimal } from "../../lib/decimal";

/** What is on each venue; a venue that did not answer is null with its reason. */
export function useBalances() {
  return useQuery({
    queryKey: keys.balances,
    queryFn: () => body(api.GET("/api/v1/balances")),
    refetchInterval: 20_000,
  });
}

export function useWallets() {
  return useQuery({
    queryKey: keys.wallets,
    queryFn: () => body(api.GET("/api/v1/wallets/server")),
    refetchInterval: (query) => (query.state.data?.ready ? false : 2_000),
  });
}

export function useDeposits() {
  return useQuery({
    queryKey: keys.deposits,
    queryFn: () => body(api.GET("/api/v1/deposits")),
    refetchInterval: 10_000,
  });
}

/** Moves USDC from Arbitrum to Hyperliquid; silence is answered by sending the same key again. */
export function useMoveToHyperliquid(idempotencyKey: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (amount: Decimal) =>
      body(
        api.POST("/api/v1/deposits", {
          body: { amount_usdc: amount },
          params: { header: { "Idempotency-Key": idempotencyKey } },
        }),
      ),
    retry: retrySilence,
    retryDelay: RETRY_SILENCE_MS,
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.deposits }),
  });
}

export interface FaucetAddresses {
  solana: string;
  evm: string;
}

/** What one press of the faucet gives: five thousand dollars, split as a position needs them. */
export const TEST_MONEY = { usdc_solana: "2750", sol: "0.5", usdc_arbitrum: "2250", eth: "0.02" };

/** Asks the simulated world for test money on both networks; exists in paper mode only. */
export function useFaucet(controlUrl: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ solana, evm }: FaucetAddresses) => {
      const answer = await fetch(`${controlUrl.replace(/\/$/, "")}/control/faucet`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ solana_address: solana, evm_address: evm, ...TEST_MONEY }),
      });
      if (answer.ok) return;
      const { error } = (await answer.json().catch(() => ({}))) as { error?: string };
      throw new Error(error ?? `The simulated world answered ${answer.status}.`);
    },
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.balances }),
  });
}
