"""SOL-PERP at Hyperliquid: market, account, orders, signatures."""
