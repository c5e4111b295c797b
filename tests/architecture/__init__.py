"""The house, checked."""
