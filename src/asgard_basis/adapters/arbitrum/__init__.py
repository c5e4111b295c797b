"""USDC on Arbitrum, by plain JSON-RPC."""
