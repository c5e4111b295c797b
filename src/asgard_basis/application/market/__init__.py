"""Watching the market once for everybody."""
