"""Asgard: leveraged spot positions on Solana, by its REST interface."""
