"""Privy: server wallets that sign within their policies, and who signed in."""
