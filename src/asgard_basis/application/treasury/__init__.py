"""Money in and money out."""
