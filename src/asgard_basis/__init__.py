"""Asgard Basis: perpetual funding without price risk."""

__version__ = "0.1.0"
