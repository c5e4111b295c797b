"""Ordered schema changes."""
