/** Names of what the server owns in the query cache; events in lib/events.ts use the first part. */
export const keys = {
  config: ["config"],
  me: ["me"],
  wallets: ["wallets"],
  balances: ["balances"],
  balanceCheck: ["check"],
  rates: (leverage: string) => ["rates", leverage],
  funding: (hours: number) => ["rates", "funding", hours],
  positions: ["positions"],
  position: (id: string) => ["position", id],
  timeline: (id: string) => ["position", id, "timeline"],
  payments: (id: string) => ["position", id, "payments"],
  history: ["history"],
  job: (id: string) => ["job", id],
  deposits: ["deposits"],
  preflight: (entry: unknown) => ["check", "preflight", entry],
  botStatus: ["bot-status"],
} as const;
