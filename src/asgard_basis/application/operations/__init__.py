"""Keeping it running and visible."""
