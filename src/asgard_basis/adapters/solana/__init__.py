"""Solana by JSON-RPC: balances, landing, redemption rates, and reading strangers' transactions."""
