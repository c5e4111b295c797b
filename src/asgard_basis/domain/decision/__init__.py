"""Decisions as values: what was known, what the rule was, what came of it."""
