"""A perpetual venue that speaks Hyperliquid's wire protocol over a pure engine."""
