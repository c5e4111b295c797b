"""The adapter for Circle."""
