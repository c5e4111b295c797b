"""Acting on hedged positions: open, reduce, repair, close, and what is kept of them."""
