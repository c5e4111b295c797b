"""How we reach the world: one folder per outside system."""
