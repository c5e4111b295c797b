"""A real Solana runtime in the process, behind the JSON-RPC that clients expect."""
