"""Money in and money out: what may be signed, deposited and withdrawn."""
