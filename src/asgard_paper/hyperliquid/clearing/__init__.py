"""Who owns what: accounts, positions, margin, payments, liquidation, money in and out."""
