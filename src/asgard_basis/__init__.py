"""Asgard Basis: perpetual funding without price risk."""
