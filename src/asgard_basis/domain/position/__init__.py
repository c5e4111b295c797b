"""The hedged pair: a long leg on Solana and an equal short on Hyperliquid."""
